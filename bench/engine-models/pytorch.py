# python pytorch.py FOLDER THREADS: answers each line of its standard input with what prefill and decoding took.
import json
import resource
import sys
import time

import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging

folder, threads = sys.argv[1], int(sys.argv[2])
logging.disable_progress_bar()
torch.set_num_threads(threads)
torch.set_grad_enabled(False)
began = time.perf_counter()
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
model.eval()
print(json.dumps({"loadSeconds": time.perf_counter() - began, "neededBytes": None}), flush=True)

for line in sys.stdin:
    asked = json.loads(line)
    ids = torch.tensor([asked["ids"]])
    cpu, began = time.process_time(), time.perf_counter()
    out = model(ids, use_cache=True, logits_to_keep=1)
    prefill, used = time.perf_counter() - began, time.process_time() - cpu
    began = time.perf_counter()
    for i in range(asked["decoded"]):
        token = torch.tensor([[100 + i]])
        out = model(token, past_key_values=out.past_key_values, use_cache=True)
    decoding = time.perf_counter() - began if asked["decoded"] > 0 else None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    said = {"prefillSeconds": prefill, "cpuSeconds": used, "decodeSeconds": decoding, "peakBytes": peak}
    print(json.dumps(said), flush=True)
