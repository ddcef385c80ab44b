import { parseRrid } from "@mtui/core/domain";
import { describe, expect, test } from "vitest";
import {
  assertMayChange,
  type ClientIdentity,
  fullName,
  nameOfUpdate,
} from "../../../packages/daemon/src/workspaces/names.ts";

const person: ClientIdentity = { id: "c1", kind: "terminal", name: "mtuictl", namespace: null };
const agent: ClientIdentity = { id: "c2", kind: "agent", name: "claude", namespace: "claude-1" };

describe("workspace names", () => {
  test.each([
    [person, "default", "default"],
    [agent, "default", "claude-1/default"],
    [agent, "claude-1/sp6", "claude-1/sp6"],
    [agent, "other/sp6", "other/sp6"],
  ])("of %o: %s is %s", (client, name, full) => {
    expect(fullName(name, client)).toBe(full);
  });

  test("an update's desk is named after its request", () => {
    const rrid = parseRrid("SUSE:SLFO:1.1:77");
    expect(nameOfUpdate(rrid, person)).toBe("SUSE-SLFO-1.1-77");
    expect(nameOfUpdate(rrid, agent)).toBe("claude-1/SUSE-SLFO-1.1-77");
  });

  test("an agent changes only its own namespace, a person everything", () => {
    expect(() => assertMayChange("claude-1/default", agent)).not.toThrow();
    expect(() => assertMayChange("other/sp6", agent)).toThrow(/not in the namespace claude-1/);
    expect(() => assertMayChange("claude-10/sp6", agent)).toThrow(/not in the namespace/);
    expect(() => assertMayChange("claude-1/default", person)).not.toThrow();
  });
});
