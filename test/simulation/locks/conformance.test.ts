import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { lockText } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import type { Expected } from "../../../packages/daemon/src/hosts/lock-port.ts";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import { FENCE, GUARD, lockName, privateName } from "./names.ts";
import { type Entry, modelPlace, type Place, type PlaceState } from "./places.ts";
import { realPlace } from "./real-place.ts";

/**
 * What the simulation says of our scripts is worth as much as its model of them: here both answer the
 * same questions about the same directories.
 */

const NAME = lockName("operation");
const LOCK: HeldLock = {
  kind: "operation",
  nonce: "n1",
  bytes: "1795327200:alice+mtuid:4242:mtui run - [default] d=d1 n=n1",
};
const RENEWED: HeldLock = { ...LOCK, bytes: LOCK.bytes.replace("1795327200", "1795348800") };
const POOL: HeldLock = {
  kind: "pool",
  nonce: "n2",
  bytes: "1795327200:alice+mtuid:4242:mtui pool - [default] d=d1 n=n2",
};

const file = (bytes: Buffer | string): Entry => ({ kind: "file", bytes: Buffer.from(bytes) });
const DIRECTORY: Entry = { kind: "directory", bytes: Buffer.alloc(0) };
const LINK: Entry = { kind: "link", bytes: Buffer.alloc(0) };
const BOB = "1795240800:bob:77:testing of SUSE:PI:16.0:5150";

const STATES: Record<string, Record<string, Entry>> = {
  nothing: {},
  "an empty file": { [NAME]: file("") },
  "a foreign lock": { [NAME]: file(BOB) },
  "a foreign lock with a line end": { [NAME]: file(`${BOB}\n`) },
  "our lock": { [NAME]: file(LOCK.bytes) },
  "our lock with its private file": { [NAME]: file(LOCK.bytes), [privateName("n1")]: file("x") },
  "our lock, renewed": { [NAME]: file(RENEWED.bytes) },
  "our lock with a line end": { [NAME]: file(`${LOCK.bytes}\n`) },
  "our lock with more behind it": { [NAME]: file(`${LOCK.bytes} `) },
  "both our locks": { [NAME]: file(LOCK.bytes), [lockName("pool")]: file(POOL.bytes) },
  "our lock under a foreign pool lock": { [NAME]: file(LOCK.bytes), [lockName("pool")]: file(BOB) },
  "a line end": { [NAME]: file("\n") },
  "a huge file": { [NAME]: file(Buffer.alloc(100_000, "x")) },
  "no UTF-8": { [NAME]: file(Buffer.from([0xff, 0xfe, 0x3a, 0x80])) },
  "NUL bytes": { [NAME]: file(Buffer.from([0x31, 0x00, 0x3a, 0x00])) },
  "a directory": { [NAME]: DIRECTORY },
  "a link that leads nowhere": { [NAME]: LINK },
  "a guard that is a directory": { [NAME]: file(BOB), [GUARD]: DIRECTORY },
  "a guard that is a link": { [NAME]: file(BOB), [GUARD]: LINK },
  "a fence that is a directory": { [NAME]: file(LOCK.bytes), [FENCE]: DIRECTORY },
  "a fence that is a link": { [NAME]: file(LOCK.bytes), [FENCE]: LINK },
  "a fence from before": { [NAME]: file(LOCK.bytes), [FENCE]: file("") },
};

const EXPECTED: Record<string, Expected> = {
  nothing: { state: "absent" },
  "an empty file": { state: "empty" },
  "bob's bytes": { state: "bytes", bytes: Buffer.from(BOB) },
  "our bytes": { state: "bytes", bytes: Buffer.from(LOCK.bytes) },
  "odd bytes": { state: "bytes", bytes: Buffer.from([0xff, 0xfe, 0x3a, 0x80]) },
};

const TEXTS: Record<string, string> = {
  "bob's": BOB,
  ours: LOCK.bytes,
  "no UTF-8": lockText(Buffer.from([0xff, 0xfe, 0x3a, 0x80])),
  "NUL bytes": lockText(Buffer.from([0x31, 0x00, 0x3a, 0x00])),
  huge: lockText(Buffer.alloc(4097, "x")),
};

interface Question {
  readonly name: string;
  ask(place: Place): Promise<unknown>;
}

const QUESTIONS: readonly Question[] = [
  ...Object.entries(EXPECTED).flatMap(([name, expected]) =>
    [false, true].map(
      (mustExist): Question => ({
        name: `swap, expecting ${name}${mustExist ? " to be there" : ""}`,
        ask: async ({ port }) => (await port.swap({ lock: RENEWED, expected, mustExist })).state,
      }),
    ),
  ),
  ...Object.entries(TEXTS).flatMap(([name, text]) =>
    [false, true].map(
      (idle): Question => ({
        name: `drop ${name}${idle ? " while nothing is at work" : ""}`,
        ask: async ({ port }) => (await port.drop({ kind: "operation", text, nonce: "n1", idle })).state,
      }),
    ),
  ),
  {
    name: "read",
    ask: async ({ port }) => {
      const seen = await port.read("operation");
      return seen.state === "file" ? { state: seen.state, bytes: seen.bytes.toString("hex") } : seen.state;
    },
  },
  { name: "tidy", ask: async ({ port }) => await port.tidy(["n1", "n2"]) },
  ...[[LOCK], [LOCK, POOL]].flatMap((locks) =>
    [false, true].map(
      (release): Question => ({
        name: `a command under ${locks.length} locks${release ? ", giving back" : ""}`,
        ask: async (place) => await place.fenced(locks, release),
      }),
    ),
  ),
];

interface Answer {
  readonly answer: unknown;
  readonly after: PlaceState;
}

async function answer(place: Place, state: Record<string, Entry>, question: Question): Promise<Answer> {
  for (const [name, entry] of Object.entries(state)) place.put(name, entry);
  return { answer: await question.ask(place), after: place.state() };
}

const SHELLS: readonly (readonly string[])[] = [["dash"], ["bash", "--posix"], ["busybox", "sh"]];

function isThere([program = "", ...words]: readonly string[]): boolean {
  return spawnSync(program, [...words, "-c", ":"]).status === 0;
}

const found = SHELLS.filter(isThere);

test("one shell at least", () => {
  expect(found.length).toBeGreaterThan(0);
});

describe.each(found.map((shell) => [shell.join(" "), shell] as const))("by %s", (_name, shell) => {
  test.each(Object.entries(STATES))(
    "on %s",
    async (_state, state) => {
      for (const question of QUESTIONS) {
        using model = modelPlace();
        using real = realPlace(shell);
        const said = await answer(model, state, question);
        expect(await answer(real, state, question), question.name).toEqual(said);
      }
    },
    60_000,
  );

  test("while somebody has the fence", async () => {
    for (const question of QUESTIONS) {
      if (!question.name.includes("work") && !question.name.includes("command")) continue;
      using model = modelPlace();
      using real = realPlace(shell);
      const both = [];
      for (const place of [model, real]) {
        const letGo = await place.hold(FENCE);
        both.push(await answer(place, { [NAME]: file(LOCK.bytes) }, question));
        await letGo();
      }
      expect(both[1], question.name).toEqual(both[0]);
    }
  }, 60_000);
});

test.each(found.map((shell) => [shell.join(" "), shell] as const))(
  "by %s, a lock is renewed beside its second name, never through it",
  async (_name, shell) => {
    using real = realPlace(shell);
    await real.port.swap({ lock: LOCK, expected: { state: "absent" } });
    const asSeen = real.open(NAME);
    const renewing = { lock: RENEWED, expected: { state: "bytes", bytes: Buffer.from(LOCK.bytes) } } as const;
    expect(await real.port.swap(renewing)).toEqual({ state: "taken" });
    // Who opened the file before still reads what it was, and not a half of what it is.
    expect(asSeen()).toBe(LOCK.bytes);
    expect(real.state()[NAME]?.bytes.toString()).toBe(RENEWED.bytes);
  },
);

test("while somebody has the guard, the wait is bounded and nothing is changed", async () => {
  const [shell = ["sh"]] = found;
  const [question] = QUESTIONS;
  if (question === undefined) throw new Error("No question.");
  using model = modelPlace();
  using real = realPlace(shell);
  const both = [];
  for (const place of [model, real]) {
    const letGo = await place.hold(GUARD);
    both.push(await answer(place, {}, question));
    await letGo();
  }
  expect(both[1]).toEqual(both[0]);
  expect(both[0]?.answer).toBe("error");
}, 30_000);
