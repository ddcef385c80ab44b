import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { LocalWire } from "../support/local-wire.ts";

const ENDED = "run 7 1\ngo 8\nexit 0 0 0\nend - - - .\n";
const DAY_S = 86_400;

/** What a command left there: its three files, as old as that. */
function leave(
  directory: string,
  { id, run, days = 0 }: { id: string; run: string; days?: number },
): string[] {
  mkdirSync(directory, { recursive: true });
  const names = ["err", "out", "run"].map((end) => `${id}.${end}`);
  const then = Date.now() / 1000 - days * DAY_S;
  for (const name of names) {
    writeFileSync(join(directory, name), name.endsWith(".run") ? run : "said\n");
    utimesSync(join(directory, name), then, then);
  }
  return names;
}

test.each(["/bin/dash", "/bin/bash"])(
  "a new session clears away what nobody will ask for, and nothing else, by %s",
  async (shell) => {
    await using wire = new LocalWire({ shell });
    const ours = join(wire.home, ".mtuid", "d1");
    const theirs = join(wire.home, ".mtuid", "d2");
    leave(ours, { id: "run-1.1", run: ENDED });
    const kept = [
      ...leave(ours, { id: "run-2.1", run: ENDED }),
      ...leave(ours, { id: "run-3.1", run: "run 7 1\ngo 8\n", days: 13 }),
    ];
    // Its name begins like that of the job at work.
    leave(ours, { id: "run-20.1", run: ENDED });
    leave(ours, { id: "run-4.1", run: "run 7 1\ngo 8\n", days: 15 });
    leave(ours, { id: "run-2.2", run: ENDED, days: 15 });
    const others = leave(theirs, { id: "run-1.1", run: ENDED });

    await using session = await wire.open(wire.connector({ jobsAtWork: () => ["run-2", "$(touch x)"] }));
    await session.readLock("operation");
    await vi.waitFor(() => expect(wire.left).toEqual(kept));
    expect(readdirSync(theirs).toSorted()).toEqual(others);
    expect(wire.has("x")).toBe(false);
  },
);

test("without a job at work everything goes that has ended; without a directory there is nothing to do", async () => {
  await using wire = new LocalWire();
  const ours = join(wire.home, ".mtuid", "d1");
  leave(ours, { id: "run-1.1", run: ENDED });
  const kept = leave(ours, { id: "run-3.1", run: "run 7 1\n" });
  {
    await using session = await wire.open();
    await session.readLock("operation");
    await vi.waitFor(() => expect(wire.left).toEqual(kept));
  }
  await using empty = new LocalWire();
  await using session = await empty.open();
  await session.readLock("operation");
  expect(await session.query("echo up")).toMatchObject({ state: "ok" });
  expect(empty.left).toEqual([]);
});
