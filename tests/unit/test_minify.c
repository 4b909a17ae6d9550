/* SPDX-License-Identifier: Apache-2.0
 * Scripts and style sheets of the page without needless white space: what it leaves, at the places where a lexer goes wrong. */
#include "unit.h"

#include "web/minify.h"

typedef bool minify(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err);

typedef struct sample {
  const char *text, *want; /* want: without the last line end */
} sample;

static void check_samples(minify *call, const char *name, const char *end, const sample *samples, size_t n) {
  for (size_t i = 0; i < n; i++) {
    hw_buffer out;
    hw_error err = {0};
    char want[512];
    hw_buffer_init(&out);
    bool ends = *end && strchr(";}", samples[i].want[strlen(samples[i].want) - 1]);
    (void)snprintf(want, sizeof want, "before%s%s", samples[i].want, ends ? "" : end);
    hw_buffer_append_string(&out, "before"); /* what is there is not looked at */
    assert_ok(call(name, samples[i].text, strlen(samples[i].text), &out, &err), &err);
    assert_string_equal(out.data, want);
    hw_buffer_fini(&out);
  }
}

static void check_refused(minify *call, const char *name, const char *text, const char *words) {
  hw_buffer out;
  hw_error err = {0};
  hw_buffer_init(&out);
  assert_refused(call(name, text, strlen(text), &out, &err), &err, HW_ERROR_UNSUPPORTED, words);
  hw_buffer_fini(&out);
}

static bool minify_names(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err) {
  return hw_minify_names(name, text, &length, 1, out, err);
}

static void check_names(const sample *samples, size_t n) {
  check_samples(minify_names, "a.mjs", "", samples, n);
}

static void check_script(const sample *samples, size_t n) {
  check_samples(hw_minify_script, "a.mjs", "\n", samples, n);
}

TEST(test_words_stay_apart) {
  static const sample samples[] = {
      {"return  x ;", "return x;"},
      {"return \"x\" ;", "return\"x\";"},
      {"for (const [a, b] of  list) if (a in b) f ( ) ;", "for(let[a,b]of list)if(a in b)f();"},
      {"const $a = async () => await  b, \xc3\xa9t\xc3\xa9 = typeof c ;", "let $a=async()=>await b,\xc3\xa9t\xc3\xa9=typeof c;"},
      {"case 1 : case \"a\" : x instanceof Y ;", "case 1:case\"a\":x instanceof Y;"},
      {"function * f ( ) { yield * g ( ) ; }", "function*f(){yield*g()}"},
      {"class A extends B { static  #x = 1 ; get y ( ) { return this . #x ; } }", "class A extends B{static #x=1;get y(){return this.#x}}"},
      {"1 .toFixed ( ) ; x ?. y ; a ? .5 : 1 ;", "1 .toFixed();x?.y;a?.5:1;"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_operators_stay_apart) {
  static const sample samples[] = {
      {"a + +b ; a - -b ; a + ++b ; a - --b ; a++ + b ;", "a+ +b;a- -b;a+ ++b;a- --b;a++ +b;"},
      {"a + -b ; a - +b ; a = -b ; a * -b ;", "a+-b;a-+b;a=-b;a*-b;"},
      {"a-- > b ; a < !b ; a < - b ; ! --a ;", "a-- >b;a< !b;a<-b;!--a;"},
      {"a ** b ; a => ( { } ) ; [ ... a ] ; a ?? b ;", "a**b;a=>({});[...a];a??b;"},
      {"a / /b/ ; a /* c */ / b ;", "a/ /b/;a/b;"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_regular_expressions) {
  static const sample samples[] = {
      {"a / b / c ; ( a ) / b / c ; a [ 0 ] / b / c ;", "a/b/c;(a)/b/c;a[0]/b/c;"},
      {"x = / b  c / ; f ( / \" / , / ' /g ) ; y = ! / ` / . test ( z ) ;", "x=/ b  c /;f(/ \" /,/ ' /g);y=!/ ` /.test(z);"},
      {"return / a  b / ; typeof / a  b / ; x.return / a  / b ;", "return/ a  b /;typeof/ a  b /;x.return/a/b;"},
      {"r = / [ /  \" ] \\/  \\[ / ; s = a / b ;", "r=/ [ /  \" ] \\/  \\[ /;s=a/b;"},
      {"i++ / 2 / j ; `x` / 2 / 1 ; \"x\" / 2 / 1 ; 2 / 3 / 4 ;", "i++/2/j;`x`/2/1;\"x\"/2/1;2/3/4;"},
      {"a => / b  c /u . test ( a ) ; [ / d  e / , / f  g / ] ;", "a=>/ b  c /u.test(a);[/ d  e /,/ f  g /];"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_texts_stay) {
  static const sample samples[] = {
      {"a = \" b  /* c */ \\\" ; \" + ' \\' \" ' ;", "a=\" b  /* c */ \\\" ; \"+' \\' \" ';"},
      {"a = ` b\n  c ; /* d */ \\` \\${ e } $ { ` ;", "a=` b\n  c ; /* d */ \\` \\${ e } $ { `;"},
      {"a = ` ${ b + c } , ${ d } ` ;", "a=` ${b+c} , ${d} `;"},
      {"a = ` ${ { b : { c : 1 } } [ d ] } ; ` + e ;", "a=` ${{b:{c:1}}[d]} ; `+e;"},
      {"a = ` ${ b ? ` ${ c . map ( ( d ) => { return ` } ` ; } ) } ; ` : \" } \" } ; ` ; f ( ) ;",
       "a=` ${b?` ${c.map(d=>{return` } `})} ; `:\" } \"} ; `;f();"},
      {"a = ` ${ / } ` /g } ; ` ;", "a=` ${/ } ` /g} ; `;"},
      {"a = ` ; ` ; }", "a=` ; `}"},
      {"a = \" , \" ] ; \";\" }", "a=\" , \"];\";\"}"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_comments) {
  static const sample samples[] = {
      {" a ;", "a;"},
      {"/* a */ b ( /* c */ ) ; /** \" ' ` **/", "b();"},
      {"a /* b */ c ;", "a c;"},
      {"/* a\n * b */\nc ;", "c;"},
      {"return /* a\n */ b", "return\nb"},
      {"a /*/ b */ + c ;", "a+c;"},
  };
  check_script(samples, COUNT_OF(samples));
}

/* A semicolon that is left out at a line end is put there by the reader of the script. */
TEST(test_line_ends) {
  static const sample samples[] = {
      {"a\nb", "a\nb"},
      {"a = b\n++c", "a=b\n++c"},
      {"a++\nb", "a++\nb"},
      {"a = b ( )\nc = d [ 0 ]\n\"e\"\n! f", "a=b()\nc=d[0]\n\"e\"\n!f"},
      {"a = /b/\nc = `d`\n{ e }", "a=/b/\nc=`d`\n{e}"},
      {"return\nx", "return\nx"},
      {"if ( a )\n  b ( ) ;\nelse\n  c ( ) ;", "if(a)b();else\nc();"},
      {"for ( const a of b )\n  while ( c )\n    d ( )\ne ( )\nx.if ( a )\nb", "for(let a of b)while(c)d()\ne()\nx.if(a)\nb"},
      {"f (\n  a ,\n  b\n) ;", "f(a,b);"},
      {"a\n  ? b\n  : c +\n  d ;", "a?b:c+d;"},
      {"a\n  . b ( )\n  && c ;", "a.b()&&c;"},
      {"function a ( ) {\n  b ;\n}\n\nconst c = 1 ;\r\n", "function a(){b}let c=1;"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_needless_punctuation) {
  static const sample samples[] = {
      {"{ a ; b ; }", "{a;b}"},
      {"f ( a , ) ; x = [ a , ] ; y = { a , } ;", "f(a);x=[a];y={a};"},
      {"x = [ , ] ; y = [ a , , ] ; ( [ , b ] ) => b ;", "x=[,];y=[a,,];([,b])=>b;"},
      {"for ( ; ; ) { }", "for(;;){}"},
      {"( a ) => b ; f ( ( $a ) => b , ( c , d ) => e , ( ) => f ) ;", "a=>b;f($a=>b,(c,d)=>e,()=>f);"},
      {"async ( a ) => b ; ( { a } ) => b ; ( a = 1 ) => b ; ( ... a ) => b ; ( a ) >= b ;", "async(a)=>b;({a})=>b;(a=1)=>b;(...a)=>b;(a)>=b;"},
      {"x = 0.5 + 10.5 - 0 . y ; return 0.25 ; a ? 0.5 : 0 ;", "x=.5+10.5-0 .y;return .25;a?.5:0;"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_declarations_are_joined) {
  static const sample samples[] = {
      {"const a = 1 ;\nconst { b } = c ;\nlet d ; let e ;\nconst f = 2 ;", "let a=1,{b}=c,d,e,f=2;"},
      {"const a = 1 ; b ; const c = 2 ; const d = \";\" ; x.let ; let e ;", "let a=1;b;let c=2,d=\";\";x.let;let e;"},
      {"const f = ( ) => { const a = 1 ; const b = 2 ; g ( ) ; } ; const h = 3 ;", "let f=()=>{let a=1,b=2;g()},h=3;"},
      {"const a = 1 ; { const b = 2 ; } const c = 3 ; if ( d ) { let e ; } let g ;", "let a=1;{let b=2}let c=3;if(d){let e}let g;"},
      {"for ( let i = 0 ; i < n ; i++ ) { let j ; } for ( const k of l ) m ( ) ; const o = p ;",
       "for(let i=0;i<n;i++){let j}for(let k of l)m();let o=p;"},
      {"const a = `${ f ( ( ) => { b ; const c = 1 ; const d = 2 ; } ) }` ; const e = 3 ;", "let a=`${f(()=>{b;let c=1,d=2})}`,e=3;"},
      {"{ const a = `${ b }` ; const c = d ; }", "{let a=`${b}`,c=d}"},
      {"f ( { const : 1 , let : 2 } ) ; const a = 1 ; /* b */ const c = 2 ;", "f({const:1,let:2});let a=1,c=2;"},
  };
  check_script(samples, COUNT_OF(samples));
}

TEST(test_what_is_not_a_script) {
  static const char deep[] = "`${`${`${`${`${`${`${`${`${`${1}`}`}`}`}`}`}`}`}`}`";
  check_refused(hw_minify_script, "a.mjs", "x = \"a\n\"", "web/a.mjs: a string does not end");
  check_refused(hw_minify_script, "a.mjs", "x = 'a\\", "a string does not end");
  check_refused(hw_minify_script, "a.mjs", "x = /[/]\n/;", "a regular expression does not end");
  check_refused(hw_minify_script, "a.mjs", "x = `a ${b} \\`", "a template does not end");
  check_refused(hw_minify_script, "a.mjs", "x = `a ${b", "a template does not end");
  check_refused(hw_minify_script, "a.mjs", "x /*/", "a comment does not end");
  check_refused(hw_minify_script, "a.mjs", deep, "templates within templates, want at most 8");
}

/* The short names are e, t, n, a, i, r, s in this order: what stands most often first. */
TEST(test_names_are_short) {
  static const sample samples[] = {
      {"const one=1;let two=one,three;", "const e=1;let t=e,n;"},
      {"function one(two,three=two,...four){return two+three+four}", "function e(e,t=e,...n){return e+t+n}"},
      {"const one=two=>two+1,three=(four,five)=>four*five;", "const a=e=>e+1,i=(t,n)=>t*n;"},
      {"class One{two(three){return three}static four=1}new One", "class e{two(e){return e}static four=1}new e"},
      {"class One{one=1;two(one){}}", "class e{one=1;two(e){}}"},
      {"function one(two){if(three){two()}}", "function e(e){if(three){e()}}"},
      {"{let one=1,two=one}", "{let e=1,t=e}"},
      {"try{one()}catch(two){one(two)}for(const three of two)three;", "try{one()}catch(e){one(e)}for(const e of two)e;"},
      {"async function one(two){for await(const three of two)await three}", "async function e(e){for await(const t of e)await t}"},
      {"function*one(){yield*two()}const two=async three=>three;", "function*t(){yield*e()}const e=async t=>t;"},
  };
  check_names(samples, COUNT_OF(samples));
}

/* Names whose words stand in places apart, or in a place within that has no word of the other, can have the same short one. */
TEST(test_names_of_statements) {
  static const sample samples[] = {
      {"function one(three){three()}function two(four){four()}", "function e(e){e()}function t(e){e()}"},
      {"const one=three=>three;const two=four=>four;", "const t=e=>e;const n=e=>e;"},
      {"const one=three=>{three()},two=four=>{four()};", "const e=e=>{e()},t=e=>{e()};"},
      {"const one=three=>four=>{four()}?three:0;", "const t=e=>e=>{e()}?e:0;"},
      {"function one(name){name()}name(document);", "function e(e){e()}name(document);"},
      {"function one(e){t(e,n)}", "function e(e){t(e,n)}"},
      {"function one(){if(two){let three=1;three()}else{let four=2;four()}}", "function e(){if(two){let e=1;e()}else{let e=2;e()}}"},
      {"function one(){let two=1;{let three=2;three(four)}two()}", "function e(){let e=1;{let e=2;e(four)}e()}"},
      {"function one(){let two=1;{let three=2;three(two)}two()}", "function e(){let e=1;{let t=2;t(e)}e()}"},
      {"const one=1;function two(one){one(e)}", "const t=1;function n(t){t(e)}"},
  };
  check_names(samples, COUNT_OF(samples));
}

TEST(test_properties_stay) {
  static const sample samples[] = {
      {"const one={one:one.one,two:1};one?.one;one.two;", "const e={one:e.one,two:1};e?.one;e.two;"},
      {"const one=1,two={one,two,...one};", "const e=1,t={one:e,two:t,...e};"},
      {"const{one,two:three,four=one,...five}=six;", "const{one:e,two:t,four:n=e,...a}=six;"},
      {"const[one,[,two],{three=1,four:[five]}]=six;", "const[e,[,t],{three:n=1,four:[a]}]=six;"},
      {"function one({two,[three]:four={five:two},six}={}){}", "function e({two:e,[three]:t={five:e},six:n}={}){}"},
      {"const one={two(one){return one},get one(){return 1},async three(){},*four(){},[one](){}};",
       "const e={two(e){return e},get one(){return 1},async three(){},*four(){},[e](){}};"},
      {"function get(one){return{get,one,set:get}}", "function e(t){return{get:e,one:t,set:e}}"},
      {"const one=two?three:four,three=1;f({two:one?three:two,one});", "const e=two?t:four,t=1;f({two:e?t:two,one:e});"},
      {"const of=1;for(const one of of)one;", "const e=1;for(const t of e)t;"},
  };
  check_names(samples, COUNT_OF(samples));
}

TEST(test_parts_have_the_same_names) {
  static const char *const parts[] = {"const one=1;function two(one){return one}export{one,two}\n",
                                      "import{one,two}from\"./one.mjs\";const three=two(one);export{three as\"three\"}\n"};
  static const char *const want[] = {"const e=1;function t(e){return e}export{e,t}\n", "import{e,t}from\"./one.mjs\";const n=t(e);export{n as\"three\"}\n"};
  hw_buffer whole, out[COUNT_OF(parts)];
  size_t ends[COUNT_OF(parts)];
  hw_error err = {0};
  hw_buffer_init(&whole);
  for (size_t i = 0; i < COUNT_OF(parts); i++) {
    hw_buffer_append_string(&whole, parts[i]);
    ends[i] = whole.length;
    hw_buffer_init(&out[i]);
  }
  assert_ok(hw_minify_names("two.mjs", whole.data, ends, COUNT_OF(parts), out, &err), &err);
  for (size_t i = 0; i < COUNT_OF(parts); i++) {
    assert_string_equal(out[i].data, want[i]);
    hw_buffer_fini(&out[i]);
  }
  hw_buffer_fini(&whole);
}

TEST(test_texts_have_no_names) {
  static const sample samples[] = {
      {"const one=1;f(`one ${one} ${`${one}one`} one`,\"one\",/one/);", "const e=1;f(`one ${e} ${`${e}one`} one`,\"one\",/one/);"},
      {"const one=`${{one:1,two}[three]}`,two=1,three=2;", "const n=`${{one:1,two:e}[t]}`,e=1,t=2;"},
      {"const i=1;f(/one/i,/i/g.test(i));", "const e=1;f(/one/i,/i/g.test(e));"},
      {"const one=two=>`${two}`+two;f(one/2/one);", "const e=t=>`${t}`+t;f(e/2/e);"},
  };
  check_names(samples, COUNT_OF(samples));
}

TEST(test_what_has_no_names) {
  check_refused(minify_names, "a.mjs", "f([)", "web/a.mjs: \")\" closes \"[\"");
  check_refused(minify_names, "a.mjs", "f([]", "web/a.mjs: a bracket is not closed");
  check_refused(minify_names, "a.mjs", "f())", "web/a.mjs: \")\" closes nothing");
  check_refused(minify_names, "a.mjs", "const{a:1}=b", "\"1\" in a declaration");
  check_refused(minify_names, "a.mjs", "const[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]=b", "a declaration is deeper than 16");
  check_refused(minify_names, "a.mjs", "const a=`b", "a template does not end");
}

TEST(test_styles) {
  static const sample samples[] = {
      {"a { color : red ; }\n\n/* b */\nc  >  d ,\n e { margin : 0 1px ; padding : 0 }", "a{color :red}c>d,e{margin :0 1px;padding :0}"},
      {"a { color: red; margin: 0 auto; }", "a{color:red;margin:0 auto}"},
      {"a :hover , a:hover > b , a > :hover { }", "a :hover,a:hover>b,a>:hover{}"},
      {"@media ( min-width : 1px ) and ( max-width: 2px ) { a { b: c; } }", "@media (min-width :1px) and (max-width:2px){a{b:c}}"},
      {"a { width: calc( 1px + ( 2px - 3px ) * 4 ); }", "a{width:calc(1px + (2px - 3px) * 4)}"},
      {"a { width: max( 1px , 2px ) 3px ; --x: ; }", "a{width:max(1px,2px) 3px;--x:}"},
      {"a::after { content: \" /* ; } \\\" \" ; color: red !important }", "a::after{content:\" /* ; } \\\" \";color:red!important}"},
      {"td.a .b * c + d ~ e [ x = \"y z\" ] { }", "td.a .b * c + d ~ e [ x = \"y z\" ]{}"},
      {"a/*/ b */c { }", "a c{}"},
      {" a { }", "a{}"},
  };
  check_samples(hw_minify_style, "a.css", "", samples, COUNT_OF(samples));
  check_refused(hw_minify_style, "a.css", "a { } /* b", "web/a.css: a comment does not end");
  check_refused(hw_minify_style, "a.css", "a { content: \"b\\\" }", "a string does not end");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words_stay_apart), cmocka_unit_test(test_operators_stay_apart), cmocka_unit_test(test_regular_expressions),
      cmocka_unit_test(test_texts_stay),       cmocka_unit_test(test_comments),             cmocka_unit_test(test_line_ends),
      cmocka_unit_test(test_needless_punctuation), cmocka_unit_test(test_declarations_are_joined), cmocka_unit_test(test_what_is_not_a_script), cmocka_unit_test(test_styles),
      cmocka_unit_test(test_names_are_short), cmocka_unit_test(test_names_of_statements), cmocka_unit_test(test_properties_stay),
      cmocka_unit_test(test_parts_have_the_same_names), cmocka_unit_test(test_texts_have_no_names), cmocka_unit_test(test_what_has_no_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
