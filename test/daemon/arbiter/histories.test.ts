import fc from "fast-check";
import { expect, test } from "vitest";
import { History } from "./history.ts";
import { idea } from "./history-moves.ts";

/** Long random histories of 50 workspaces on 30 hosts. A run is replayed with its MTUI_SEED. */
const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LENGTH = LONG ? 600 : 500;
const RUNS = Number(process.env["MTUI_RUNS"] ?? (LONG ? 60 : 12));

test("long random histories agree with the model", { timeout: LONG ? 7_200_000 : 600_000 }, () => {
  const seen = { moves: 0, waiting: 0, rounds: 0 };
  const history = fc.array(idea, { minLength: LENGTH / 2, maxLength: LENGTH, size: "max" });
  const property = fc.property(history, fc.constantFrom(0, 1, 3, 8), (ideas, overtakes) => {
    const played = new History(overtakes);
    for (const each of ideas) played.play(each);
    seen.rounds = Math.max(seen.rounds, played.settle(ideas));
    seen.moves += played.moves;
    seen.waiting = Math.max(seen.waiting, played.mostWaiting);
  });
  fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: !LONG });
  console.log(
    `arbiter histories: seed ${SEED} (MTUI_SEED), ${seen.moves} moves, up to ${seen.waiting} waiting, ` +
      `nobody longer than ${seen.rounds} rounds after the last fault`,
  );
  expect(seen.waiting).toBeGreaterThan(10);
});
