import { describe, expect, it } from "vitest";
import { readDataset } from "../../src/datasets/read-dataset.js";
import { fileWriter, temporaryFolder } from "../support/temporary-files.js";

const write = fileWriter(temporaryFolder());
const read = (name: string, items: readonly unknown[]) =>
  readDataset(write(name, items), null, ({ message }) => expect.unreachable(message));

// HotpotQA's README, "Data Format", and the columns of the hub's hotpot_qa.
const HOTPOT = {
  _id: "5a8b",
  answer: "yes",
  question: "Same?",
  supporting_facts: [["A", 0]],
  type: "comparison",
  level: "hard",
};

describe("HotpotQA", () => {
  it.each([
    [
      "as its authors publish it",
      {
        ...HOTPOT,
        context: [
          ["A", ["One.", " Two."]],
          ["B", ["Three."]],
        ],
      },
    ],
    [
      "as the hub converts it",
      { ...HOTPOT, context: { title: ["A", "B"], sentences: [["One.", " Two."], ["Three."]] } },
    ],
  ])("is read %s", async (_, item) => {
    const { examples } = await read("hotpot.json", [item]);
    expect(examples).toEqual([
      {
        example_id: "5a8b",
        dataset: "hotpotqa",
        task: "question answering",
        passages: [
          { title: "A", text: "One. Two." },
          { title: "B", text: "Three." },
        ],
        input: "Same?",
        references: ["yes"],
      },
    ]);
  });

  it("is told from 2WikiMultihopQA, also where that is given levels", async () => {
    const { examples } = await read("2wiki.json", [{ ...HOTPOT, evidences: [], context: [["A", ["One."]]] }]);
    expect(examples[0]!.dataset).toBe("2wikimqa");
  });
});

// The columns of the hub's narrativeqa.
const NARRATIVE = {
  document: {
    id: "23jn",
    kind: "movie",
    summary: { text: "A summary.", title: "t" },
    text: "A story.\r\nIts end.",
  },
  question: { text: "Who?", tokens: ["Who", "?"] },
  answers: [{ text: "One", tokens: ["One"] }, { text: "Two" }],
};

describe("NarrativeQA", () => {
  it("is asked of the story, with both answers as references", async () => {
    const { examples } = await read("narrative.json", [NARRATIVE]);
    expect(examples[0]).toMatchObject({
      dataset: "narrativeqa",
      task: "story question",
      passages: [{ title: null, text: "A story.\nIts end." }],
      input: "Who?",
      references: ["One", "Two"],
    });
  });

  it("is asked of the summary where the story is missing, and takes plain texts", async () => {
    const { document } = NARRATIVE;
    const items = [
      { ...NARRATIVE, document: { ...document, text: "" } },
      { document: { summary: "Plain." }, question: "Who?", answers: ["One"] },
    ];
    const { examples } = await read("summaries.json", items);
    expect(examples.map(({ passages }) => passages[0]!.text)).toEqual(["A summary.", "Plain."]);
  });

  it("without a story or an answer is left out, with the reason", async () => {
    const problems: string[] = [];
    const path = write("lacking.json", [
      NARRATIVE,
      { ...NARRATIVE, document: {} },
      { ...NARRATIVE, answers: [] },
      { ...NARRATIVE, question: 5 },
    ]);
    const { leftOut } = await readDataset(path, null, ({ message }) => void problems.push(message));
    expect(leftOut).toBe(3);
    expect(problems.join()).toMatch(/has no passages.*has no answer.*"question"/s);
  });
});
