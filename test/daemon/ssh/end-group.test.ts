import { describe, expect, test } from "vitest";
import { endGroup, type GroupKiller } from "../../../packages/daemon/src/ssh/end-group.ts";
import { endTransactions, type GroupMember } from "../../../packages/daemon/src/ssh/package-managers.ts";

const zypper: GroupMember = { pid: 11, name: "zypper" };
const second: GroupMember = { pid: 12, name: "Zypp-main" };
const rpm: GroupMember = { pid: 13, name: "rpm" };

/** A host that answers one look after the other; what it is told is written down. */
function host(looks: GroupMember[][], { dies = "TERM" }: { dies?: "TERM" | "KILL" | "never" } = {}) {
  const told: unknown[] = [];
  let left = looks;
  let alive = true;
  const killer: GroupKiller = {
    members: async () => {
      const [now = [], ...later] = left;
      left = later;
      return now;
    },
    terminate: async (pids) => void told.push([...pids]),
    signal: async (_group, name) => {
      told.push(name);
      if (name === dies) alive = false;
    },
    alive: async () => alive,
  };
  return { killer, told, looksLeft: () => left.length };
}

const end = ({ killer }: { killer: GroupKiller }, group: number | null) =>
  endGroup({ group: Promise.resolve(group), killer, graceSeconds: 0 });

describe("package managers of a group", () => {
  test.each<[string, GroupMember[][], unknown[]]>([
    ["nobody is there", [[]], []],
    ["told once, however long it takes", [[zypper, rpm], [zypper, rpm], [zypper], []], [[11]]],
    ["its rpm is told nothing, even when zypper has gone first", [[zypper, rpm], [rpm], []], [[11]]],
    ["one that comes later is told as well", [[zypper], [second, rpm], []], [[11], [12]]],
    ["an rpm that nobody called is told itself", [[rpm], [rpm], []], [[13]]],
  ])("%s", async (_what, looks, told) => {
    const it = host(looks);
    await endTransactions(it.killer, { group: 7, ms: 60_000 });
    expect(it.told).toEqual(told);
    expect(it.looksLeft()).toBe(0);
  });

  test("they have their time and no more", async () => {
    const it = host([[zypper], [zypper]]);
    await endTransactions(it.killer, { group: 7, ms: 0 });
    expect(it.looksLeft()).toBe(1);
  });
});

describe("a group", () => {
  test("package managers first, TERM then, and KILL only when it must be", async () => {
    const gentle = host([[zypper], []]);
    expect(await end(gentle, 7)).toBe(true);
    expect(gentle.told).toEqual([[11], "TERM"]);
    const hard = host([[]], { dies: "KILL" });
    expect(await end(hard, 7)).toBe(true);
    expect(hard.told).toEqual(["TERM", "KILL"]);
  });

  test("nothing is gone without the host's word", async () => {
    const mute = host([[]]);
    mute.killer.members = () => Promise.reject(new Error("no answer"));
    expect(await end(mute, 7)).toBe(false);
    expect(mute.told).toEqual([]);
  });

  test.each([
    [null, true],
    [0, false],
    [1, false],
    [Number.NaN, false],
  ])("group %s: nobody is signalled, gone = %s", async (group, gone) => {
    const it = host([[zypper]]);
    expect(await end(it, group)).toBe(gone);
    expect(it.told).toEqual([]);
  });
});
