import { describe, expect, it } from "vitest";
import {
  normaliseMaintenanceProduct,
  normaliseSlfoProduct,
} from "../../../../../packages/core/src/domain/template/product-names/normalise.ts";

const table: [name: string, version: string, expectedName: string, expectedVersion: string][] = [
  ["SLE-RT", "15-SP6", "SUSE-Linux-Enterprise-RT", "15-SP6"],
  ["SLE-RT", "11-SP4", "SUSE-Linux-Enterprise-RT", "11-SP4"],
  // 11
  ["SLE-SDK", "11-SP4", "sle-sdk", "11-SP4"],
  ["SLE-SAP-AIO", "11-SP4", "SUSE_SLES_SAP", "11-SP4"],
  ["SLE-SERVER", "11-SP4", "SUSE_SLES", "11-SP4"],
  ["SLE-SERVER", "11-SP4-LTSS", "SUSE_SLES", "11-SP4"],
  ["SLE-SERVER", "11-SP4-CLIENT-TOOLS", "SUSE_SLES", "11-SP4"],
  ["SLE-SERVER", "11-SP4-LTSS-EXTREME-CORE", "SUSE_SLES_LTSS-EXTREME-CORE", "11-SP4"],
  ["SLE-SERVER", "11-SP3-TERADATA", "teradata", "11-SP3"],
  ["SLE-SERVER", "11-SP3-TERADATA-LTSS-EXTREME-CORE", "teradata", "11-SP3"],
  ["SLE-SERVER", "11-SECURITY", "security", "11"],
  ["SLE-SERVER", "11-SP3-PUBCLOUD", "sle-module-pubcloud", "11"],
  ["SLE-SMT", "11-SP3", "sle-smt", "11-SP3"],
  ["SLE-HAE", "11-SP4", "sle-hae", "11-SP4"],
  ["SLE-Else", "11-SP4", "SLE-Else", "11-SP4"],
  // 12
  ["SLE-SERVER", "12-SP5", "SLES", "12-SP5"],
  ["SLE-SERVER", "12-SP5-LTSS-Extended-Security", "SLES-LTSS-Extended-Security", "12-SP5"],
  ["SLE-SERVER", "12-SP5-LTSS-ERICSSON", "SLES-LTSS-ERICSSON", "12-SP5"],
  ["SLE-SERVER", "12-SP5-LTSS-SAP", "SLES-LTSS-SAP", "12-SP5"],
  ["SLE-SERVER", "12-SP3-LTSS-TERADATA", "SLES_LTSS_TERADATA", "12-SP3"],
  ["SLE-SERVER", "12-SP5-LTSS", "SLES-LTSS", "12-SP5"],
  ["SLE-SERVER", "12-SP3-TERADATA", "SLES_TERADATA", "12-SP3"],
  ["SLE-DESKTOP", "12-SP5", "SLED", "12-SP5"],
  ["SLE-RPI", "12-SP3", "SLES_RPI", "12-SP3"],
  ["SLE-SAP", "12-SP5", "SLES_SAP", "12-SP5"],
  ["SLE-Module-Web-Scripting", "12", "sle-module-web-scripting", "12"],
  // 15
  ["SLE-Product-SLES", "15-SP6", "SLES", "15-SP6"],
  ["SLE-Product-SLES", "15-SP2-LTSS-TERADATA", "SLES-LTSS-TERADATA", "15-SP2"],
  ["SLE-Product-SLES", "15-SP4-LTSS-ERICSSON", "SLES-LTSS-ERICSSON", "15-SP4"],
  ["SLE-Product-SLES", "15-SP4-ERICSSON", "ERICSSON", "15-SP4"],
  ["SLE-Product-SLES", "15-SP4-LTSS", "SLES-LTSS", "15-SP4"],
  ["SLE-Product-SLES", "15-SP4-TERADATA", "SLES_TERADATA", "15-SP4"],
  ["SLE-Product-SLED", "15-SP6", "SLED", "15-SP6"],
  ["SLE-Product-WE", "15-SP6", "sle-we", "15-SP6"],
  ["SLE-Product-HA", "15-SP6", "sle-ha", "15-SP6"],
  ["SLE-Product-HPC", "15-SP5", "SLE_HPC", "15-SP5"],
  ["SLE-Product-SLES_SAP", "15-SP6", "SLES_SAP", "15-SP6"],
  ["SLE-Product-RT", "15-SP6", "SLE_RT", "15-SP6"],
  ["SLE-Module-Basesystem", "15-SP6", "sle-module-basesystem", "15-SP6"],
  ["Storage", "15-SP1", "storage", "15-SP1"],
  // others
  ["Storage", "7", "ses", "7"],
  ["SLE-Manager-Tools", "x", "sle-manager-tools", "x"],
  ["SLE-Manager-Tools-Beta", "x", "SLE-Manager-Tools-Beta", "x"],
  ["SUSE-Manager-Server", "4.3", "SUSE-Manager-Server", "4.3"],
  ["Anything", "4.3", "Anything", "4.3"],
];

describe("products of project.xml", () => {
  it.each(table)("%s %s is %s %s", (name, version, expectedName, expectedVersion) => {
    expect(normaliseMaintenanceProduct({ name, version, arch: "s390x" })).toEqual({
      name: expectedName,
      version: expectedVersion,
      arch: "s390x",
    });
  });

  it("an openSUSE target ends one part earlier", () => {
    expect(normaliseMaintenanceProduct({ name: "Updates", version: "openSUSE-SLE", arch: "15.6" })).toEqual({
      name: "leap",
      version: "15.6",
      arch: "x86_64",
    });
  });
});

it.each([
  ["SLES-SAP", "SLES_SAP"],
  ["SLES-HA", "sle-ha"],
  ["SLES", "SLES"],
])("SLFO product %s is %s", (name, expected) => {
  expect(normaliseSlfoProduct({ name, version: "16.0", arch: "x" }).name).toBe(expected);
});
