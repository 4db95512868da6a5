"""Runs cells in a real tslab kernel and writes what came back to a file, one list of messages a cell, as JSON.

The file's name is the argument, for the kernel has standard output too. Standard input says what to run:
{"folder": …, "cells": [{"code": …, "interrupt_after": N or null}]}; a cell with a number is interrupted when that many
outputs have come.
"""

import json
import sys
import time

from jupyter_client.manager import start_new_kernel

plan = json.load(sys.stdin)
manager, client = start_new_kernel(kernel_name="tslab", cwd=plan["folder"], startup_timeout=120)
answers = []
try:
    for cell in plan["cells"]:
        outputs = []

        def output(message):
            kind, content = message["msg_type"], message["content"]
            if kind not in ("display_data", "update_display_data", "stream"):
                return
            outputs.append({"kind": kind, **content})
            if len(outputs) == cell.get("interrupt_after"):
                manager.interrupt_kernel()

        reply = client.execute_interactive(cell["code"], output_hook=output, timeout=240)
        answers.append({"status": reply["content"]["status"], "outputs": outputs})
        if answers[-1]["status"] == "error":
            time.sleep(1)  # for 0.2 s after an error tslab refuses what comes
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
with open(sys.argv[1], "w") as file:
    json.dump(answers, file)
