import { describe, expect, it } from "vitest";
import { type Question, judge, ZYPPER_EXITS, zypperExit } from "@mtui/core/domain";

const said = (
  exit: number,
  texts: { stdout?: string; stderr?: string } = {},
  tool: "zypper" | "transactional-update" = "zypper",
) => ({
  tool,
  exit,
  stdout: "",
  stderr: "",
  ...texts,
});

describe("exit statuses of zypper", () => {
  const rows: [number, Question, string][] = [
    [0, "patch", "ok"],
    [1, "patch", "failed"],
    [2, "patch", "failed"],
    [3, "patch", "failed"],
    [4, "patch", "failed"],
    [4, "refresh", "warning"],
    [4, "addRepository", "failed"],
    [5, "install", "failed"],
    [6, "listRepositories", "nothing"],
    [6, "listPatches", "failed"],
    [7, "refresh", "failed"],
    [8, "install", "failed"],
    [100, "patch", "ok"],
    [100, "listPatches", "ok"],
    [101, "listPatches", "ok"],
    [102, "patch", "warning"],
    [103, "patch", "warning"],
    [104, "install", "failed"],
    [104, "patch", "failed"],
    [104, "downgrade", "failed"],
    [104, "uninstall", "failed"],
    [104, "search", "nothing"],
    [105, "patch", "failed"],
    [106, "patch", "warning"],
    [106, "listPatches", "warning"],
    [107, "patch", "failed"],
    [108, "patch", "failed"],
    [127, "search", "failed"],
    [143, "patch", "failed"],
  ];
  it.each(rows)("%i asked by %s is %s", (exit, question, meaning) => {
    expect(zypperExit(exit, question).meaning).toBe(meaning);
  });
  it("is one table of 0-8 and 100-107", () => {
    expect(Object.keys(ZYPPER_EXITS).map(Number)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 101, 102, 103, 104, 105, 106, 107,
    ]);
  });
});

describe("judgement", () => {
  it("takes standard error alone for nothing", () => {
    const stderr = "Warning: something\nError: not really\nSystem management is locked\n";
    expect(judge("patch", said(0, { stderr }))).toEqual({ meaning: "ok", reason: null });
  });
  it.each([
    [said(4, { stdout: "(c): c" }), "dependency error"],
    [said(0, { stdout: "Choose [1/2/c/d/?] (c): c\n" }), "dependency error"],
    [said(7), "update stack locked"],
    [said(1, { stderr: "A ZYpp transaction is already in progress.\n" }), "update stack locked"],
    [said(8), "RPM error"],
    [said(4, { stderr: "Error: Subprocess failed\n" }), "RPM error"],
    [said(104), "package not found"],
    [said(1, { stdout: "No provider of 'x' found.\n" }, "transactional-update"), "package not found"],
    [said(1, {}, "transactional-update"), "transactional-update failed (exit 1)"],
    [said(107), "a package's script failed (exit 107)"],
    [said(127), "the program is not there or cannot be run (exit 127)"],
  ])("%j", (answer, reason) => {
    expect(judge("patch", answer)).toMatchObject({ meaning: "failed", reason });
  });
  it("says the warning", () => {
    expect(judge("patch", said(102))).toEqual({
      meaning: "warning",
      reason: "installed; a reboot is needed (exit 102)",
    });
  });
  it("reads rpm's status as a count, up to what a shell says", () => {
    expect(judge("versions", said(3)).meaning).toBe("ok");
    expect(judge("versions", said(127)).meaning).toBe("failed");
  });
});
