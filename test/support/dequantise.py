# python dequantise.py FROM.gguf TO.gguf: writes the same model with all its tensors in fp32, by llama.cpp's own package gguf.
import sys

import gguf
import numpy

source, target = sys.argv[1:]
reader = gguf.GGUFReader(source)
writer = gguf.GGUFWriter(target, "llama")
# The writer has an architecture of its own, and the file's type is another one now.
LEFT_OUT = ("general.architecture", "general.file_type", "general.quantization_version")
for key, field in reader.fields.items():
    if key.startswith("GGUF.") or key in LEFT_OUT:
        continue
    kind = field.types[0]
    if kind == gguf.GGUFValueType.ARRAY:
        writer.add_key_value(key, field.contents(), kind, sub_type=field.types[-1])
    else:
        writer.add_key_value(key, field.contents(), kind)
for tensor in reader.tensors:
    values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    writer.add_tensor(tensor.name, values.astype(numpy.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
