import { describe, expect, test } from "vitest";
import { counted, outputDesk, type OutputDesk } from "./support.ts";

function pages(desk: OutputDesk, wish: Parameters<OutputDesk["page"]>[0] = {}) {
  const all: ReturnType<OutputDesk["page"]>["output"] = [];
  let count = 0;
  let cursor: string | null | undefined;
  do {
    const page = desk.page({ ...wish, ...(cursor == null ? {} : { cursor }) });
    all.push(...page.output);
    ({ cursor } = page);
    count++;
  } while (cursor !== null);
  return { all, count, text: all.map(({ text }) => text).join("") };
}

async function printed(desk: OutputDesk, parts: Record<string, Buffer | string>): Promise<void> {
  for (const [key, content] of Object.entries(parts)) {
    const [host = "", step, stream] = key.split(" ");
    const output = desk.open({ host, step: Number(step) });
    output.push(stream === "err" ? "stderr" : "stdout", Buffer.from(content));
    await output.end();
  }
}

describe("pages of output", () => {
  test("give every byte once, by host, step and stream, whatever their size", async () => {
    using desk = outputDesk({ streamBytes: 64 * 1024 });
    const text = counted(5000).toString();
    await printed(desk, {
      "bee 1": "bee",
      "ant 2": text,
      "ant 1 err": "oops",
      "ant 1": text,
      "ant 10": "ten",
    });
    for (const limit of [4, 100, 4096, 100_000]) {
      const { all } = pages(desk, { limit });
      const joined = new Map<string, string>();
      for (const { host, step, stream, text: part } of all) {
        const key = `${host} ${step} ${stream}`;
        joined.set(key, (joined.get(key) ?? "") + part);
      }
      expect([...joined]).toEqual([
        ["ant 1 stdout", text],
        ["ant 1 stderr", "oops"],
        ["ant 2 stdout", text],
        ["ant 10 stdout", "ten"],
        ["bee 1 stdout", "bee"],
      ]);
    }
    expect(pages(desk, { hosts: ["bee"] }).text).toBe("bee");
    expect(pages(desk, { stream: "stderr" }).text).toBe("oops");
    expect(pages(desk, { step: 10 }).text).toBe("ten");
    expect(pages(desk, { hosts: ["ant"], step: 1, stream: "stdout", from: 4990 }).text).toBe(
      text.slice(4990),
    );
  });

  test("split no character; what is no UTF-8 is U+FFFD", async () => {
    using desk = outputDesk({ streamBytes: 8192 });
    const text = "aä€😀".repeat(100);
    await printed(desk, { "ant 1": text, "ant 2": Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82]) });
    for (const limit of [4, 5, 6, 7, 11, 1024]) {
      expect(pages(desk, { limit }).text, `limit ${limit}`).toBe(`${text}a\ufffd\ufffd(\ufffd`);
    }
  });

  test("say what is not kept between head and tail, and split no character at a rotated file", async () => {
    using desk = outputDesk({ streamBytes: 1000 });
    const text = "€".repeat(3000);
    await printed(desk, { "ant 1": text });
    const { all } = pages(desk);
    const whole = all.reduce((sum, { bytes, missing }) => sum + bytes + missing, 0);
    expect(whole).toBe(9000);
    expect(all.filter(({ missing }) => missing > 0)).toHaveLength(1);
    expect(
      all
        .map(({ text: part }) => part)
        .join("")
        .replaceAll("€", ""),
    ).toMatch(/^\ufffd{0,4}$/);
  });

  test.each([
    [1, "nine\n"],
    [2, "eight\nnine\n"],
    [3, "seveneight\nnine\n"],
    [100, "one\nseveneight\nnine\n"],
  ])("the last %i lines of a host are counted over its steps", async (tail, expected) => {
    using desk = outputDesk();
    await printed(desk, { "ant 1": "one\n", "ant 2": "", "ant 3": "seven", "ant 4": "eight\nnine\n" });
    expect(pages(desk, { tail }).text).toBe(expected);
  });

  test.each(["", "x", "bm8", Buffer.from('[1,"run-2","ant",1,"stdout",0]').toString("base64url"), "\0"])(
    "a cursor that is none of this job is refused: %j",
    async (cursor) => {
      using desk = outputDesk();
      expect(() => desk.page({ cursor })).toThrow("no cursor of the output of run-1");
    },
  );
});
