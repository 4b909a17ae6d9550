# SPDX-License-Identifier: Apache-2.0
# What the folders share that embed files: their CMakeLists.txt and the scripts that write the C files.

# hw_embed(VARIABLE NAME FOLDER FILES...): VARIABLE is the path of a C file NAME that embed.cmake of the present folder writes from the files
# of FOLDER, when one of them or a further one of FURTHER (a list in the caller's scope) has changed.
function(hw_embed variable name folder)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(paths ${ARGN} ${FURTHER})
  list(TRANSFORM paths PREPEND ${folder}/)
  list(JOIN ARGN "," names)
  set(script ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DFILES=${names} -DOUTPUT=${output} -P ${script}
    DEPENDS ${paths} ${script} ${CMAKE_CURRENT_FUNCTION_LIST_FILE} ${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt
    VERBATIM)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()

# hw_bytes(HEX VARIABLE): digits as file(READ ... HEX) gives them, as the rows of a C array.
function(hw_bytes hex variable)
  set(line "0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  set(${variable} "${bytes}" PARENT_SCOPE)
endfunction()
