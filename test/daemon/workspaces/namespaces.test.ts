import { describe, expect, test } from "vitest";
import {
  type NamespaceHolder,
  type Newcomer,
  Namespaces,
} from "../../../packages/daemon/src/workspaces/namespaces.ts";

/** Processes, workspaces and what is written down; lives of the daemon come and go above them. */
function world() {
  const processes = new Map<number, number>();
  const written = new Map<string, NamespaceHolder>();
  const desks = new Set<string>();
  let connections = 0;
  const life = () => {
    const namespaces = new Namespaces({
      journal: {
        all: () => [...written],
        save: (name, holder) => void written.set(name, holder),
        forget: (name) => void written.delete(name),
      },
      inUse: (name) => desks.has(name),
      ticksOf: (pid) => processes.get(pid) ?? null,
    });
    return {
      grant(who: Partial<Newcomer> & { pid: number }) {
        connections += 1;
        const id = `c${connections}`;
        const named = { id, kind: "agent", name: "mtui-mcp", namespace: null, instance: null } as const;
        return { id, namespace: namespaces.grant({ ...named, ...who }) };
      },
      leave: (id: string) => namespaces.leave(id),
    };
  };
  return { processes, written, desks, life };
}

const A = { namespace: "proj", instance: "a", pid: 11 };
const B = { namespace: "proj", instance: "b", pid: 12 };

describe("namespaces", () => {
  test("a second process that lives gets another one, a third the next, and each its own back", () => {
    const { processes, life } = world();
    for (const pid of [11, 12, 13]) processes.set(pid, pid * 100);
    const daemon = life();
    const all = [A, B, { ...A, instance: "c", pid: 13 }].map((who) => daemon.grant(who));
    expect(all.map(({ namespace }) => namespace)).toEqual(["proj", "proj-2", "proj-3"]);
    for (const { id } of all) daemon.leave(id);
    expect(daemon.grant(B).namespace).toBe("proj-2");
    expect(daemon.grant(A).namespace).toBe("proj");
  });

  test("over a restart of the daemon, in whatever order they come back", () => {
    const { processes, life } = world();
    processes.set(11, 1).set(12, 2).set(14, 4);
    const before = life();
    before.grant(A);
    before.grant(B);
    const after = life();
    expect(after.grant({ ...A, instance: "d", pid: 14 }).namespace).toBe("proj-3");
    expect(after.grant(B).namespace).toBe("proj-2");
    expect(after.grant(A).namespace).toBe("proj");
  });

  test("whoever comes after one that has ended finds its desks; also when the pid is another's by now", () => {
    const { processes, written, life } = world();
    processes.set(11, 1).set(12, 2);
    const daemon = life();
    const first = daemon.grant(A);
    processes.delete(11);
    // Its connection is there yet, so it is not thought dead.
    expect(daemon.grant(B).namespace).toBe("proj-2");
    daemon.leave(first.id);
    processes.set(11, 77).set(15, 5);
    expect(daemon.grant({ ...A, instance: "e", pid: 15 }).namespace).toBe("proj");
    expect([...written.keys()].toSorted()).toEqual(["proj", "proj-2"]);
  });

  test("one that names no instance is its process, and without a process it shares with nobody", () => {
    const { processes, life } = world();
    processes.set(11, 1).set(12, 2).set(13, 3);
    const daemon = life();
    const plain = { namespace: "proj" };
    expect(daemon.grant({ ...plain, pid: 11 }).namespace).toBe("proj");
    expect(daemon.grant({ ...plain, pid: 12 }).namespace).toBe("proj-2");
    expect(daemon.grant({ ...A, pid: 13 }).namespace).toBe("proj-3");
    expect(daemon.grant({ ...plain, pid: 12 }).namespace).toBe("proj-2");
    const unseen = [daemon.grant({ ...plain, pid: 1 }), daemon.grant({ ...plain, pid: 1 })];
    expect(unseen.map(({ namespace }) => namespace)).toEqual(["proj-4", "proj-5"]);
    const next = life();
    expect(next.grant({ ...plain, pid: 12 }).namespace).toBe("proj-2");
    expect(next.grant({ ...plain, pid: 11 }).namespace).toBe("proj");
  });

  test("a person is not asked", () => {
    const { processes, written, life } = world();
    processes.set(11, 1);
    const daemon = life();
    daemon.grant(A);
    expect(daemon.grant({ kind: "terminal", pid: 1 }).namespace).toBeNull();
    expect(daemon.grant({ kind: "script", namespace: "proj", instance: "x", pid: 1 }).namespace).toBe("proj");
    expect([...written.keys()]).toEqual(["proj"]);
  });

  test("one that names no namespace gets one that is nobody's and has no desks; its process gets it back", () => {
    const { processes, desks, life } = world();
    processes.set(11, 1).set(12, 2);
    desks.add("mtui-mcp");
    const daemon = life();
    expect(daemon.grant({ pid: 11 }).namespace).toBe("mtui-mcp-2");
    expect(daemon.grant({ pid: 12, name: "Claude Code!" }).namespace).toBe("Claude-Code-");
    expect(daemon.grant({ pid: 11 }).namespace).toBe("mtui-mcp-2");
    expect(daemon.grant({ pid: 11, instance: "i", name: "/../" }).namespace).toBe("agent");
  });

  test("a name stays as long as names may be", () => {
    const { processes, life } = world();
    processes.set(11, 1).set(12, 2);
    const daemon = life();
    const long = "n".repeat(64);
    daemon.grant({ ...A, namespace: long });
    expect(daemon.grant({ ...B, namespace: long }).namespace).toBe(`${"n".repeat(62)}-2`);
  });
});
