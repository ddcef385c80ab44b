import { isHostName, isPackageName, isPackageVersion, isRepositoryUrl } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { printable } from "../../../../packages/core/src/domain/grammar/control-characters.ts";
import { joinUrl } from "../../../../packages/core/src/domain/grammar/repository-url.ts";

/** What no checked text may hold, since it may reach a shell or a terminal. */
const DANGEROUS = " \t\n\r;&|<>$`(){}[]\\'\"*?#!\u0000\u001b\u007f\u0085\u202e".split("");

describe("package names and versions", () => {
  it.each(["bash", "libstdc++6", "kernel-default", "python3.11-x", "7zip", "a_b"])("name %s", (name) => {
    expect(isPackageName(name)).toBe(true);
  });
  it.each(["5.0.3-160000.2.1", "1:2.0~rc1-1", "2.4^git1-3"])("version %s", (version) => {
    expect(isPackageVersion(version)).toBe(true);
  });
  it.each(["", "-y", "--root", ".x", "a/b", "x".repeat(201), "a\n", "ä"])("neither %j", (text) => {
    expect(isPackageName(text)).toBe(false);
    expect(isPackageVersion(text)).toBe(false);
  });
  it("nothing that means something to a shell", () => {
    for (const character of DANGEROUS) {
      expect(isPackageName(`a${character}b`)).toBe(false);
      expect(isPackageVersion(`1${character}2`)).toBe(false);
    }
  });
});

describe("repository URLs", () => {
  it.each([
    "http://download.example.com/ibs/SUSE:/Maintenance:/31337/",
    "https://127.0.0.1:8080/a%20b/~x/@y,z=1+2",
    "http://localhost",
  ])("%s", (url) => {
    expect(isRepositoryUrl(url)).toBe(true);
  });
  it.each([
    "",
    "ftp://example.com/",
    "file:///etc/passwd",
    "dir:/tmp",
    "HTTP://example.com/",
    "http://",
    "http:///x",
    "http://-x/",
    "http://user:secret@example.com/",
    "http://example.com/?a=b",
    "http://example.com/#x",
    "http://example.com/x\n",
    "http://exämple.com/",
    `http://example.com/${"x".repeat(1024)}`,
  ])("not %j", (url) => {
    expect(isRepositoryUrl(url)).toBe(false);
  });
  it("nothing that means something to a shell", () => {
    for (const character of DANGEROUS)
      expect(isRepositoryUrl(`http://example.com/a${character}b`)).toBe(false);
  });
  it.each([
    ["http://a/b", "c"],
    ["http://a/b/", "c"],
    ["http://a/b//", "/c"],
  ])("joins %s and %s with one slash", (base, rest) => {
    expect(joinUrl(base, rest)).toBe("http://a/b/c");
  });
});

describe("host names", () => {
  it.each(["a", "ant.example.com", "ant.example.com:2222", "10.0.0.1", "a_b"])("%s", (name) => {
    expect(isHostName(name)).toBe(true);
  });
  it.each([
    "",
    "-a",
    ".a",
    "a:",
    "a:0",
    "a:65536",
    "a:b",
    "a:1:2",
    "a b",
    "a/b",
    "root@a",
    "a\n",
    "x".repeat(256),
  ])("not %j", (name) => {
    expect(isHostName(name)).toBe(false);
  });
});

describe("printable", () => {
  it("shows no control characters and cuts", () => {
    expect(printable("a\u001b[2J\u202eb\u0085")).toBe("a?[2J?b?");
    expect(printable("x".repeat(100), 3)).toBe("xxx...");
  });
});
