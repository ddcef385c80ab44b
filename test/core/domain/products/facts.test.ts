import {
  OLD_RED_HAT,
  parseOsRelease,
  parseProdFile,
  type ProductId,
  releaseKey,
  syntheticAddons,
  systemText,
} from "@mtui/core/domain";
import { describe, expect, it } from "vitest";

const product = (name: string, version: string, arch = "x86_64"): ProductId => ({ name, version, arch });
const prod = (inner: string) => `<?xml version="1.0" encoding="UTF-8"?>
<product schemeversion="0">
  <vendor>Somebody</vendor>${inner}
  <register><target>x</target><name>not me</name></register>
</product>
`;

describe("parseProdFile", () => {
  it.each([
    ["<baseversion>15</baseversion><patchlevel>6</patchlevel><version>15.6</version>", "15-SP6"],
    ["<baseversion>12</baseversion><patchlevel>5</patchlevel>", "12-SP5"],
    ["<baseversion>15</baseversion><patchlevel>0</patchlevel><version>15</version>", "15"],
    ["<baseversion>15</baseversion><patchlevel/>", "15"],
    ["<version>16.0</version>", "16.0"],
    ["<baseversion></baseversion><patchlevel>1</patchlevel><version>6.1</version>", "6.1"],
  ])("version of %s", (versions, version) => {
    expect(parseProdFile(prod(`<name>SLES</name><arch>x86_64</arch>${versions}`))).toEqual(
      product("SLES", version),
    );
  });

  it("knows the five entities of XML and blanks around values", () => {
    const text = prod("<name>\n a&amp;b </name><arch><![CDATA[s390x]]></arch><version>1</version>");
    expect(parseProdFile(text)).toEqual(product("a&b", "1", "s390x"));
  });

  const whole = prod("<name>SLES</name><arch>x86_64</arch><version>16.0</version>");
  it.each([
    ["empty", ""],
    ["not XML", "SLES 15"],
    ["no name", prod("<arch>x</arch><version>1</version>")],
    ["no arch", prod("<name>x</name><version>1</version>")],
    ["no version", prod("<name>x</name><arch>x</arch>")],
    ["a name with control characters", prod("<name>a&#x85;b</name><arch>x</arch><version>1</version>")],
    ["a name of two words", prod("<name>a b</name><arch>x</arch><version>1</version>")],
    ["cut off", whole.slice(0, -12)],
    ["an own entity", whole.replace("SLES", "&own;")],
    ["a document type", whole.replace("<product", '<!DOCTYPE p [<!ENTITY own "x">]><product')],
    ["deep nesting", `${"<a>".repeat(100)}${"</a>".repeat(100)}`],
    ["two roots", `${whole}<more/>`],
    ["a very long name", prod(`<name>${"x".repeat(200)}</name><arch>x</arch><version>1</version>`)],
    ["a very long file", " ".repeat(5 * 1024 * 1024)],
  ])("refuses %s", (_, text) => {
    expect(() => parseProdFile(text)).toThrow(
      expect.objectContaining({ kind: "host.unsupported", hint: expect.any(String) }),
    );
  });
});

describe("what follows from products", () => {
  it.each([
    [product("SLES", "15-SP6"), [product("sle-ha", "15-SP6")], "sles-modules-15-SP6-x86_64"],
    [product("SL-Micro", "6.1"), [], "sl-micro-6.1-x86_64"],
  ])("system of %j", (base, addons, text) => {
    expect(systemText(base, addons)).toBe(text);
  });

  it.each([
    [product("SLES_SAP", "12-SP5"), ["SLES", "sle-ha"]],
    [product("SLES_SAP", "16.0"), ["sle-ha"]],
    [product("SLES_SAP", "15-SP6"), []],
    [product("SLES", "12-SP5"), []],
  ])("contained addons of %j", (base, names) => {
    expect(syntheticAddons(base)).toEqual(names.map((name) => ({ ...base, name })));
  });

  it.each([
    ["SLES", "11-SP4", false, "11"],
    ["SLED", "12-SP5", false, "12"],
    ["SUSE_SLES", "11-SP3", false, "11"],
    ["SLES_SAP", "15-SP6", false, "15"],
    ["SUSE_SLES_SAP", "11-SP4", false, "11"],
    ["SLE_HPC", "15-SP5", false, "15"],
    ["SLES_TERADATA", "12-SP3", false, "12"],
    ["SLE_RT", "15-SP6", false, "15"],
    ["SLES", "16.0", false, "16"],
    ["SUSE-Manager-Server", "4.3", false, "15"],
    ["openSUSE", "13.2", false, "15"],
    ["sle-studioonsite", "1.3", false, "11"],
    ["SL-Micro", "6.1", true, "slmicro"],
    ["rhel", "6", false, "YUM"],
    ["SL-Micro", "6.1", false, null],
    ["SLES", "16.0", true, null],
    ["SLES", "17.0", false, null],
    ["SLES", "", false, null],
    ["SLE-Micro", "5.5", true, null],
    ["Leap", "15.6", false, null],
    ["ubuntu", "24.04", false, null],
    ["constructor", "15", false, null],
  ])("release of %s %s, transactional %s: %s", (name, version, transactional, key) => {
    expect(releaseKey(product(name, version), transactional)).toBe(key);
  });
});

describe("parseOsRelease", () => {
  it("takes id and version, without quotes", () => {
    const text = '# about\nNAME="Some Linux"\nID="rhel"\nVERSION_ID=\'9.4\'\nbad line\n\n';
    expect(parseOsRelease(text)).toEqual(product("rhel", "9.4"));
  });

  it("keeps what the file does not say empty", () => {
    expect(parseOsRelease("")).toEqual(product("", ""));
    expect(releaseKey(OLD_RED_HAT, false)).toBe("YUM");
  });
});
