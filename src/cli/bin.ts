#!/usr/bin/env node
import { exitWith } from "./exit-with.js";
import { watchOutput } from "./output.js";
import { main } from "./program.js";

const output = watchOutput();
exitWith(main(process.argv.slice(2), { out: process.stdout, err: process.stderr }), output);
