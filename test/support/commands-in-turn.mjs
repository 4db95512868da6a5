// Runs the built program's commands that its only argument lists, one after the other in this one process, and prints what each
// said and ended with.
import { main } from "../../dist/cli/program.js";
import { consoleOf } from "../../dist/cli/screen/console.js";

const ended = [];
for (const argv of JSON.parse(process.argv[2])) {
  let said = "";
  const sink = { write: (text) => (said += text) };
  ended.push({ code: await main(argv, consoleOf(sink, sink)), said });
}
process.stdout.write(JSON.stringify(ended));
