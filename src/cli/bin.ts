#!/usr/bin/env node
import { consoleOf } from "./console.js";
import { exitWith } from "./exit-with.js";
import { watchOutput } from "./output.js";
import { main } from "./program.js";

const output = watchOutput();
exitWith(main(process.argv.slice(2), consoleOf(process.stdout, process.stderr)), output);
