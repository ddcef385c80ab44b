import { describe, expect, test } from "vitest";
import { foldHosts, hostsAndCount } from "../../../packages/mcp-shim/src/reply/fold/host-names.ts";
import { foldZypper } from "../../../packages/mcp-shim/src/reply/fold/zypper.ts";

describe("names of hosts", () => {
  test.each([
    [["sp6-1", "sp6-2", "sp6-3"], "sp6-[1-3]"],
    [["sp6-1", "sp6-3"], "sp6-[1,3]"],
    [["sp6-10", "sp6-9"], "sp6-[9-10]"],
    [["a01", "a02", "a3"], "a[01-02], a3"],
    [["s390vsl101.suse.de", "s390vsl102.suse.de"], "s390vsl[101-102].suse.de"],
    [["b", "a1", "c", "a2"], "b, a[1-2], c"],
    [["10.0.0.1"], "10.0.0.1"],
    [["a", "a"], "a"],
    [["..", "=a", ""], ".., =a, "],
    [[], ""],
  ])("%j are %s", (names, folded) => {
    expect(foldHosts(names)).toBe(folded);
  });

  test("many families are counted, and several hosts too", () => {
    const names = Array.from({ length: 15 }, (_, index) => `${String.fromCharCode(97 + index)}-x`);
    expect(foldHosts(names)).toMatch(/l-x and 3 more$/);
    expect(hostsAndCount(["a1", "a2"])).toBe("a[1-2] (2)");
    expect(hostsAndCount(["a1"])).toBe("a1");
  });
});

describe("zypper", () => {
  const kept = [
    "The following 7 packages are going to be upgraded:",
    "  alpha-lang alpha-tools",
    "(2/7) Installing: alpha-1.4-1.noarch [error]",
    "Retrieving package alpha-1.4-1.noarch (1/7), 6.1 KiB [not found]",
    "Retrieving repository 'released' metadata [error]",
    "Repository 'released' is invalid.",
    "Problem: nothing provides libz = 2 needed by alpha-1.4-1.noarch",
    "Detected 1 file conflict:",
    "alpha-1.4-1.noarch -> 1.5-1 vendor change: SUSE -> openSUSE",
    "Warning: GPG checking is disabled in configuration of repository 'other'.",
    "The package 'signature' of Retrieving: x [done]",
    "error: Retrieving: x.rpm [done]",
    "warning: /etc/alpha.conf created as /etc/alpha.conf.rpmnew",
  ];

  test("errors, conflicts and what changes are never folded", () => {
    expect(foldZypper(`${kept.join("\n")}\n`)).toEqual({ lines: kept, note: "", count: 0 });
  });

  test("progress is, and counted", () => {
    const text = [
      "Loading repository data...",
      "Reading installed packages...",
      "",
      "'alpha' is already installed.",
      "Retrieving package alpha-1.4-1.noarch (1/2),   6.1 KiB (   19   B unpacked)",
      "Retrieving: alpha-1.4-1.noarch.rpm [done]",
      "Retrieving repository 'r' metadata [.done]",
      "Building repository 'r' cache [....done]",
      "Checking for file conflicts: [...........done]",
      "(1/2) Installing: alpha-1.4-1.noarch [.......done]",
      "(2/2) Installing: beta-1.4-1.noarch [.......done]",
      "",
      "Nothing else",
    ].join("\n");
    expect(foldZypper(text)).toEqual({
      lines: ["Nothing else"],
      note: "3 progress, 1 already installed, 2 download, 2 refresh, 2 package",
      count: 10,
    });
  });
});
