# python llama-cpp.py MODEL.gguf THREADS CONTEXT: serves a GGUF file by llama.cpp's own server, as PyPI's package xllamacpp has
# it in its wheel, prints the address and ends with its standard input.
import sys

import xllamacpp

model, threads, context = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
params = xllamacpp.CommonParams()
params.model.path = model
params.n_ctx = context
params.n_parallel = 1
params.n_gpu_layers = 0
params.port = 0
params.cpuparams.n_threads = threads
params.cpuparams_batch.n_threads = threads
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
