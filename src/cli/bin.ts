#!/usr/bin/env node
import { exitWith } from "./exit-with.js";
import { main } from "./program.js";

// A reader that goes away (`| head`) stops a run as Ctrl-C does: its log stays whole, and what it started ends.
let gone = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (!gone && !process.emit("SIGINT", "SIGINT")) process.exit(141);
    gone = true;
  });
}

exitWith(main(process.argv.slice(2), { out: process.stdout, err: process.stderr }));
