import { MtuiError } from "@mtui/core/protocol";
import { type OperationName, OPERATIONS } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { askedCall, type CallJournal, RememberedCalls } from "../../../packages/daemon/src/asked/index.ts";
import { outcomeUnknown } from "../../../packages/daemon/src/asked/outcome-unknown.ts";
import type { CallRow } from "../../../packages/daemon/src/asked/remembered-calls.ts";
import { type Desk, openDesk, PERSON } from "../support/desk.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("what is kept has bounds", () => {
  const close = (desk: Desk, workspace: string, key: string): Promise<unknown> =>
    desk.call("close_workspace", { workspace }, { key });

  test("at most 4096 requests: of more, the oldest go", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const at = desk.clock.now();
    desk.journal.write(() => {
      for (let n = 0; n < 4100; n += 1)
        desk.journal.calls.put(`terminal unlock n${n}`, { at: at + n, params: "", answer: null });
    });
    using next = await desk.nextLife();
    await close(next, "default", "k-1");
    expect(next.journal.calls.get("terminal unlock n4")).toBeNull();
    expect(next.journal.calls.get("terminal unlock n5")).not.toBeNull();
    expect(next.journal.calls.all()).toHaveLength(4096);
  });

  /** A disk that may be full. */
  function paper() {
    const rows = new Map<string, CallRow>();
    const disk = { full: false };
    const journal: CallJournal = {
      all: () => [...rows],
      find: (id) => rows.get(id) ?? null,
      save: (id, row) => !disk.full && rows.set(id, row) === rows,
      forget: (ids) => ids.forEach((id) => rows.delete(id)),
      assertWritable: () => {
        if (disk.full) throw new MtuiError("state.io", "full");
      },
    };
    const clock = new VirtualClock(1_000_000);
    const calls = new RememberedCalls({ clock, journal });
    const asked = askedCall("export", { params: {}, client: PERSON, key: "k" });
    const { signal } = new AbortController();
    let done = 0;
    const once = (work: () => unknown = () => "done") =>
      calls.once(asked, {
        signal,
        work: async () => {
          done += 1;
          return work();
        },
      });
    return { disk, rows, once, done: () => done };
  }

  test("an answer that is too long is not kept, and that it was done is", async () => {
    const { once, done } = paper();
    const long = { text: "x".repeat(300_000) };
    expect(await once(() => long)).toBe(long);
    await expect(once()).rejects.toMatchObject({ kind: "outcome.unknown", data: { done: true } });
    expect(done()).toBe(1);
  });

  test("nothing begins that cannot be written down; an answer that cannot be is kept in memory", async () => {
    const { disk, rows, once, done } = paper();
    disk.full = true;
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    expect(done()).toBe(0);
    disk.full = false;
    const first = once(() => {
      disk.full = true;
      return "the answer";
    });
    expect(await first).toBe("the answer");
    expect([...rows.values()]).toMatchObject([{ answer: null }]);
    expect(await once()).toBe("the answer");
    expect(done()).toBe(1);
  });

  test("what could not be written down was not begun and may be asked again; work that met a full disk may not", async () => {
    const { disk, once, done } = paper();
    disk.full = true;
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    disk.full = false;
    const failing = once(() => {
      disk.full = true;
      throw new MtuiError("state.io", "full");
    });
    await expect(failing).rejects.toMatchObject({ kind: "state.io" });
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    disk.full = false;
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    expect(done()).toBe(1);
  });

  test("every operation that changes something and starts no job says where to look", async () => {
    const plain: OperationName[] = OPERATIONS.filter(({ effect, slow }) => effect !== "read" && !slow).map(
      ({ name }) => name,
    );
    const vague = plain.filter((operation) =>
      outcomeUnknown({ operation, id: "", params: "" }, 0).hint?.startsWith("Look: mtuictl queue"),
    );
    expect(vague.toSorted()).toEqual(["heartbeat", "takeover"]);
  });
});
