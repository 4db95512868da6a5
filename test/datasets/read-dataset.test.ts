import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DatasetError, type DatasetProblem } from "../../src/datasets/files/dataset-problem.js";
import { readDataset as read } from "../../src/datasets/read-dataset.js";
import { fileWriter, temporaryFolder } from "../support/temporary-files.js";

const write = fileWriter(temporaryFolder());
const never = (problem: DatasetProblem) => expect.unreachable(problem.message);
const readDataset = async (...args: Parameters<typeof read>) => (await read(...args)).examples;
const jsonl = (...items: unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join("");

const question = {
  _id: "q1",
  question: "Who made Night Ferry?",
  answer: "The Tin Herons",
  context: [
    ["Night Ferry", ["Night Ferry is an album.", " It is by The Tin Herons."]],
    ["Pell", ["Pell is a town."]],
  ],
};
const example = {
  example_id: "q1",
  dataset: "2wikimqa",
  task: "question answering",
  passages: [
    { title: "Night Ferry", text: "Night Ferry is an album. It is by The Tin Herons." },
    { title: "Pell", text: "Pell is a town." },
  ],
  input: "Who made Night Ferry?",
  references: ["The Tin Herons"],
};

describe("2WikiMultihopQA", () => {
  it("is read as its authors publish it", async () => {
    expect(await readDataset(write("a.json", [question]), null, never)).toEqual([example]);
  });

  it.each(["sentences", "content"])("is read with a context of the columns title and %s", async (column) => {
    const { _id, context, ...rest } = question;
    const columns = { title: context.map(([title]) => title), [column]: context.map(([, lines]) => lines) };
    const path = write("b.jsonl", jsonl({ id: _id, ...rest, context: columns }));
    expect(await readDataset(path, null, never)).toEqual([example]);
  });

  it("is told from HotpotQA, which looks the same but for its level", async () => {
    const path = write("hotpot.json", [{ ...question, level: "hard" }]);
    expect(await readDataset(path, null, never)).toEqual([{ ...example, dataset: "hotpotqa" }]);
  });
});

describe("MuSiQue", () => {
  const item = {
    id: "2hop__1_2",
    paragraphs: [{ idx: 0, title: "Pell", paragraph_text: "Pell is a town. ", is_supporting: true }],
    question: "What is Pell?",
    answer: "a town",
    answer_aliases: ["town"],
    answerable: true,
  };

  it("is read with the aliases of its answers", async () => {
    const path = write("musique.jsonl", jsonl(item));
    expect(await readDataset(path, null, never)).toEqual([
      {
        example_id: "2hop__1_2",
        dataset: "musique",
        task: "question answering",
        passages: [{ title: "Pell", text: "Pell is a town." }],
        input: "What is Pell?",
        references: ["a town", "town"],
      },
    ]);
  });

  it("leaves out and reports what is marked as unanswerable", async () => {
    const problems: DatasetProblem[] = [];
    const path = write("full.jsonl", jsonl(item, { ...item, answerable: false }));
    expect(await readDataset(path, null, (problem) => problems.push(problem))).toHaveLength(1);
    expect(problems).toEqual([
      {
        path,
        item: 2,
        kind: "unusable",
        message: `${path}, item 2 is marked as unanswerable; it is left out.`,
      },
    ]);
  });
});

describe("SAMSum", () => {
  const expected = {
    example_id: "13",
    dataset: "samsum",
    task: "dialogue summary",
    passages: [],
    input: 'A: hi\nB: "hello", you',
    references: ["They greet."],
  };

  it("is read from JSON, with CRLF made LF", async () => {
    const path = write("samsum.json", [
      { id: "13", summary: "They greet.", dialogue: 'A: hi\r\nB: "hello", you' },
    ]);
    expect(await readDataset(path, null, never)).toEqual([expected]);
  });

  it("is read from CSV with dialogues of several lines", async () => {
    const path = write(
      "samsum.csv",
      '\uFEFFid,dialogue,summary\n13,"A: hi\r\nB: ""hello"", you",They greet.\n',
    );
    expect(await readDataset(path, null, never)).toEqual([expected]);
  });

  it("is not taken from DialogSum, which looks the same but for its topic", async () => {
    const path = write("dialogsum.csv", "id,dialogue,summary,topic\n1,A: hi,They greet.,greeting\n");
    await expect(readDataset(path, null, never)).rejects.toThrow(
      "its first item has the keys id, dialogue, summary, topic",
    );
  });
});

describe("Multi-News", () => {
  const expected = [
    {
      example_id: "multinews-1",
      dataset: "multinews",
      task: "news summary",
      passages: [
        { title: null, text: "One.\nMore." },
        { title: null, text: "Two." },
      ],
      input: "",
      references: ["– Both."],
    },
  ];

  it.each([
    ["document and summary", { document: "One.\nMore. ||||| Two. |||||", summary: "– Both." }],
    ["source and target", { source: "One. NEWLINE_CHAR More. ||||| Two.", target: "– Both." }],
  ])("is read from %s", async (_keys, item) => {
    expect(await readDataset(write("news.jsonl", jsonl(item)), null, never)).toEqual(expected);
  });

  it("is read from line-aligned files", async () => {
    const path = write("test.src.cleaned", "One. NEWLINE_CHAR More. ||||| Two.\n[Three.]\n");
    write("test.tgt", "– Both.\n– Three.\n");
    const examples = await readDataset(path, null, never);
    expect(examples[0]).toEqual(expected[0]);
    expect(examples[1]?.passages).toEqual([{ title: null, text: "[Three.]" }]);
  });

  it("refuses line files that are not aligned, and one without its pair", async () => {
    const path = write("short.src", "One.\nTwo.\n");
    await expect(readDataset(path, null, never)).rejects.toThrow(
      "short.tgt can't be read: there is no such file",
    );
    write("short.tgt", "One.\n");
    await expect(readDataset(path, null, never)).rejects.toThrow("has 2 lines and");
  });
});

describe("LongBench", () => {
  const item = {
    input: "Who?",
    context: "Passage 1:\nPell\nA town.\nBy the sea.\n\nPassage 2:\nOnly text",
    answers: ["me", "I"],
    length: 12,
    dataset: "2wikimqa",
    language: "en",
    all_classes: null,
    _id: "b1",
  };

  it.each(["2wikimqa", "musique"])("is cut into the titled passages of %s", async (dataset) => {
    expect(await readDataset(write("lb.jsonl", jsonl({ ...item, dataset })), null, never)).toEqual([
      {
        example_id: "b1",
        dataset,
        task: "question answering",
        passages: [
          { title: "Pell", text: "A town.\nBy the sea.\n\n" },
          { title: null, text: "Only text" },
        ],
        input: "Who?",
        references: ["me", "I"],
      },
    ]);
  });

  it("is cut into the articles of multi_news, which have no titles", async () => {
    const news = {
      ...item,
      dataset: "multi_news",
      input: "",
      context: "Passage 1:\nPell\nA town.\nPassage 2:\nTwo",
    };
    const [read] = await readDataset(write("lb-news.jsonl", jsonl(news)), null, never);
    expect(read).toMatchObject({ dataset: "multinews", task: "news summary", input: "" });
    expect(read?.passages.map(({ text }) => text)).toEqual(["Pell\nA town.\n", "Two"]);
  });

  it("is cut into the solved dialogues of samsum", async () => {
    const context = "Dialogue: A: hi\nSummary: A greets.\nDialogue: B: bye\nSummary: B leaves.";
    const samsum = { ...item, dataset: "samsum", context, input: "Dialogue: C: so?\nSummary: " };
    const [read] = await readDataset(write("lb-samsum.jsonl", jsonl(samsum)), null, never);
    expect(read).toMatchObject({ dataset: "samsum", task: "dialogue summary", input: "C: so?" });
    expect(read?.passages.map(({ text }) => text).join("")).toBe(context);
  });

  it("refuses what is none of ours, and asks what a file is that does not say it", async () => {
    const other = write("qasper.jsonl", jsonl({ ...item, dataset: "qasper" }));
    await expect(readDataset(other, null, never)).rejects.toThrow(
      'its "dataset" is "qasper", not one of 2wikimqa',
    );
    const { dataset: _, ...unnamed } = item;
    const path = write("unnamed.jsonl", jsonl(unnamed));
    await expect(readDataset(path, null, never)).rejects.toThrow("give the option dataset");
    expect((await readDataset(path, "musique", never))[0]?.dataset).toBe("musique");
  });
});

describe("CacheBlend's inputs", () => {
  const item = {
    question: "Who?",
    ctxs: [
      { title: "Pell", text: "a town" },
      { title: "", text: "text" },
    ],
  };

  it("are 2WikiMultihopQA where answers are lists, of which the first element counts", async () => {
    const path = write("wikimqa_s.json", [{ ...item, answers: [["me", "part"], ["I"]] }]);
    expect(await readDataset(path, null, never)).toEqual([
      {
        example_id: "2wikimqa-1",
        dataset: "2wikimqa",
        task: "question answering",
        passages: [
          { title: "Pell", text: "a town" },
          { title: null, text: "text" },
        ],
        input: "Who?",
        references: ["me", "I"],
      },
    ]);
  });

  it("are MuSiQue where answers are strings, unless their user knows better", async () => {
    const path = write("strings.json", [{ ...item, answers: ["me"] }]);
    expect((await readDataset(path, null, never))[0]?.dataset).toBe("musique");
    expect((await readDataset(path, "2wikimqa", never))[0]?.dataset).toBe("2wikimqa");
  });

  it("are SAMSum where the question is a dialogue", async () => {
    const ctxs = [{ title: "", text: "Dialogue: A: hi\nSummary: A greets.\n" }];
    const path = write("cb-samsum.json", [
      { question: "Dialogue: B: bye\nSummary: ", ctxs, answers: ["B leaves."] },
    ]);
    expect((await readDataset(path, null, never))[0]).toMatchObject({
      dataset: "samsum",
      task: "dialogue summary",
      passages: [{ title: null, text: "Dialogue: A: hi\nSummary: A greets.\n" }],
      input: "B: bye",
    });
  });
});

describe("one item that is not like the others", () => {
  const dialogue = { id: "1", dialogue: "A: hi", summary: "A greets." };
  const row = "1,A: hi,A greets.";
  const cases: [string, string, unknown, string][] = [
    ["a line that is cut", "a.jsonl", `${jsonl(question)}{"_id": "q2", "ques`, "(line 2) is not JSON: "],
    [
      "a line of another kind",
      "a.jsonl",
      jsonl({ error: "x" }, question),
      "is not as 2WikiMultihopQA has it: ",
    ],
    [
      "no object",
      "a.json",
      [null, question],
      "is not as 2WikiMultihopQA has it: expected object, received null",
    ],
    [
      "a context of another form",
      "a.json",
      [question, { ...question, context: [["Pell", "x"]] }],
      'its "context',
    ],
    [
      "an answer of another kind",
      "a.jsonl",
      jsonl(question, { ...question, answer: {} }),
      'its "answer" is wrong',
    ],
    ["a list written by Python", "a.jsonl", jsonl({ ...question, answer: "['B']" }, question), "not JSON"],
    ["a dialogue that is null", "a.json", [{ ...dialogue, dialogue: null }, dialogue], "has no dialogue"],
    [
      "a dialogue that is NaN",
      "a.jsonl",
      `{"dialogue":NaN,"summary":"x"}\n${jsonl(dialogue)}`,
      "has no dialogue",
    ],
    ["a summary that is null", "a.json", [dialogue, { ...dialogue, summary: null }], "has no summary"],
    ["no summary at all", "a.json", [dialogue, { id: "2", dialogue: "B: no" }], "has no summary"],
    [
      "a row too short",
      "a.csv",
      `id,dialogue,summary\n${row}\n\n2,A: hi\n`,
      "(line 4) has 2 fields where the header has 3",
    ],
    ["a row too long", "a.tsv", "id\tdialogue\tsummary\n1\tA: hi\tx\ty\n2\tA: ho\tz\n", "has 4 fields"],
    ["an open quote", "a.csv", `id,dialogue,summary\n1,"A: hi,x\n${row}\n`, "line 2: a quote is not closed"],
  ];
  it.each(cases)("is left out, reported and counted: %s", async (_, name, content, reason) => {
    const problems: DatasetProblem[] = [];
    const path = write(name, content);
    const reading = await read(path, null, (problem) => problems.push(problem));
    expect(reading).toMatchObject({ items: 2, leftOut: 1 });
    expect(reading.examples).toHaveLength(1);
    expect(problems).toMatchObject([{ path, kind: "unusable", message: expect.stringContaining(reason) }]);
    expect(problems[0]!.message).toMatch(/, item [12] .*; it is left out\.$/s);
  });
});

describe("answers and contexts in the forms of those who convert datasets", () => {
  const { answer, ...unanswered } = question;
  it.each([
    ["a list", { answer: ["B", "Bee"] }],
    ["answers", { answers: ["B", "Bee"] }],
    ["lists within a list", { answers: [["B"], ["Bee", null]] }],
    ["a list as a text", { answer: '["B", "Bee"]' }],
    ["aliases", { answer: "B", answer_aliases: ["Bee"] }],
  ])("are read: %s", async (_, change) => {
    const path = write("forms.jsonl", jsonl({ ...unanswered, ...change }));
    expect((await readDataset(path, null, never))[0]!.references).toEqual(["B", "Bee"]);
  });

  it("are read: a year as a number, a context as a text of JSON, a level beside evidences", async () => {
    const odd = {
      ...question,
      answer: 1999,
      context: JSON.stringify(question.context),
      level: "hard",
      evidences: [],
    };
    expect(await readDataset(write("odd.jsonl", jsonl(odd)), null, never)).toEqual([
      { ...example, references: ["1999"] },
    ]);
  });

  it("are read of LongBench: CRLF, names that end in _e, one answer as a text", async () => {
    const item = {
      input: "Who?",
      context: "Passage 1:\r\nPell\r\nA town.\r\n",
      answers: "me",
      dataset: "2wikimqa_e",
    };
    expect(await readDataset(write("lb-e.jsonl", jsonl(item)), null, never)).toMatchObject([
      { dataset: "2wikimqa", passages: [{ title: "Pell", text: "A town.\n" }], references: ["me"] },
    ]);
  });

  it("are read of SAMSum: several summaries, no id, tabs or semicolons, quotes escaped by backslashes", async () => {
    const several = write("refs.jsonl", jsonl({ dialogue: "A: x\r\nB: y", summary: ["A x.", "x from A."] }));
    expect(await readDataset(several, null, never)).toMatchObject([
      { example_id: "samsum-1", input: "A: x\nB: y", references: ["A x.", "x from A."] },
    ]);
    for (const separator of ["\t", ";"]) {
      const table = [
        ["id", "dialogue", "summary"],
        ["1", "A: x, y", "A x."],
      ]
        .map((row) => row.join(separator))
        .join("\n");
      expect(await readDataset(write("table.csv", table), null, never)).toMatchObject([{ input: "A: x, y" }]);
    }
    const escaped = write("escaped.csv", 'id,dialogue,summary\n1,"A: say \\"hi\\"","A ""says"" hi."\n');
    expect(await readDataset(escaped, null, never)).toMatchObject([
      { input: 'A: say "hi"', references: ['A "says" hi.'] },
    ]);
  });
});

describe("what can't be asked or scored", () => {
  it.each([
    ["has no answer", { answer: null }],
    ["has no answer", { answer: "  " }],
    ["has no question", { question: "" }],
    ["has no passages", { context: [["", [" "]]] }],
  ])("is reported and left out: an item that %s", async (reason, change) => {
    const problems: DatasetProblem[] = [];
    const path = write("lacking.json", [{ ...question, _id: "q0", ...change }, question]);
    expect(await readDataset(path, null, (problem) => problems.push(problem))).toEqual([example]);
    expect(problems).toMatchObject([{ item: 1, kind: "unusable", message: expect.stringContaining(reason) }]);
  });

  it("is an error when nothing else is there", async () => {
    const path = write("useless.json", [{ ...question, answer: null }]);
    await expect(readDataset(path, null, () => {})).rejects.toThrow(
      `${path} has 1 item but none that can be asked and scored: item 1 has no answer.`,
    );
  });

  it("does not confuse two items of one id: the later is renamed, and that is reported", async () => {
    const problems: DatasetProblem[] = [];
    const path = write("twice.json", [question, { ...question, answer: "Another" }]);
    const ids = (await readDataset(path, null, (problem) => problems.push(problem))).map(
      (one) => one.example_id,
    );
    expect(ids).toEqual(["q1", "q1#2"]);
    expect(problems).toMatchObject([{ item: 2, kind: "repeated id" }]);
  });
});

describe("files", () => {
  it("are unzipped when they are gzipped, whatever they are called", async () => {
    const path = write("zipped.json", gzipSync(JSON.stringify([question])));
    expect(await readDataset(path, null, never)).toEqual([example]);
  });

  it("may be one object, and may have blank lines and a byte-order mark", async () => {
    expect(await readDataset(write("one.json", JSON.stringify(question, null, 2)), null, never)).toEqual([
      example,
    ]);
    const lines = `\uFEFF\n${JSON.stringify(question)}\r\n\r\n`;
    expect(await readDataset(write("blank.jsonl", lines), null, never)).toEqual([example]);
  });

  const bad: [string, unknown, number | null, string][] = [
    ["empty.json", " \n", null, "is empty"],
    ["none.json", "[]", null, "contains no items"],
    ["broken.json", '[{"a": 1},', null, "is not JSON"],
    ["text.txt", "Just some text.\nAnd more.", null, "is neither JSON nor JSONL nor CSV"],
    ["quote.csv", 'id,dialogue,summary\n1,"A: hi,x\n', 1, "is not CSV: line 2: a quote is not closed"],
    [
      "strange.json",
      [{ a: 1, b: 2 }],
      1,
      "has an unknown format: its first item has the keys a, b. Known formats: 2Wiki",
    ],
    ["numbers.json", [1, 2], 1, "its first item is not an object"],
    [
      "uneven.json",
      [{ ...question, context: { title: ["a", "b"], content: [["x"]] } }],
      1,
      "has 2 titles and 1 texts",
    ],
    ["latin1.json", Buffer.from('[{"question": "gr\xfcn"}]', "latin1"), null, "is not UTF-8"],
    ["utf16.json", Buffer.from("\ufeff[]", "utf16le"), null, "is UTF-16; save it as UTF-8"],
    ["data.zip", Buffer.from("PK\x03\x04rest", "latin1"), null, "is a zip archive; unpack it"],
    ["corpus.7z", Buffer.from("7z\xbc\xaf\x27\x1crest", "latin1"), null, "is a 7z archive; unpack it"],
    ["dev.parquet", Buffer.from("PAR1rest", "latin1"), null, "is a Parquet file; convert it"],
    ["cut.json.gz", gzipSync("[".repeat(5000)).subarray(0, 20), null, "is a broken gzip file"],
  ];
  it.each(bad)("are refused with the reason: %s", async (name, content, item, message) => {
    const path = write(name, content);
    const error = await readDataset(path, null, never).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DatasetError);
    expect(error).toMatchObject({ path, item, message: expect.stringContaining(message) });
    expect((error as Error).message).toContain(path);
  });

  it("are refused with the reason: missing, and a folder", async () => {
    await expect(readDataset("no/such.json", null, never)).rejects.toThrow(
      "no/such.json can't be read: there is no such file",
    );
    await expect(readDataset("test", null, never)).rejects.toThrow("test can't be read: it is a folder");
  });

  it("are refused when they are not what their user says", async () => {
    const path = write("other.json", [question]);
    await expect(readDataset(path, "samsum", never)).rejects.toThrow(
      "item 1 is of 2wikimqa and not of samsum",
    );
  });
});
