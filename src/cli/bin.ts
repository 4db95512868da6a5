#!/usr/bin/env node
import { exitWith } from "./ending/exit-with.js";
import { watchOutput } from "./ending/output.js";
import { main } from "./program.js";
import { consoleOf } from "./screen/console.js";

const output = watchOutput();
exitWith(main(process.argv.slice(2), consoleOf(process.stdout, process.stderr)), output);
