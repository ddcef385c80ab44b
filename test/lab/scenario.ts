import type { Lab } from "./lab.ts";
import type { HostSpec } from "./spec.ts";
import { startLab } from "./start.ts";
import type { MadeUpdate } from "./update/update-spec.ts";

/** The pool of the demo: two interchangeable hosts of one service pack, one of the next. */
export const DEMO_HOSTS: readonly HostSpec[] = [
  { name: "sp6-1", version: "15-SP6" },
  { name: "sp6-2", version: "15-SP6", addons: ["sle-module-basesystem", "sle-module-server-applications"] },
  { name: "sp7-1", version: "15-SP7" },
];

/** The demo's pool, and beyond its three more of both service packs in turn. */
export function labPool(count: number): HostSpec[] {
  const more = Array.from({ length: Math.max(0, count - DEMO_HOSTS.length) }, (_, i) => {
    const pack = i % 2 === 0 ? "sp7" : "sp6";
    return {
      name: `${pack}-${Math.floor(i / 2) + (pack === "sp7" ? 2 : 3)}`,
      version: `15-${pack.toUpperCase()}`,
    };
  });
  return [...DEMO_HOSTS.slice(0, count), ...more];
}

/** A lab of the demo's hosts: real ones where the machine can. */
export function startDemoLab(options: { real: boolean }): Promise<Lab> {
  return startLab({ hosts: DEMO_HOSTS, kind: options.real ? "real" : "scripted" });
}

export interface DemoScenario {
  updates: MadeUpdate[];
  rrids: string[];
  /** Of each update, in words for people. */
  targets: string[];
}

const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";
const SP7 = "base=SLES(major=15,minor=SP7);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP7)";

/**
 * Two updates whose test targets overlap: both need a host of SP6, the first one of SP7 as well. Each
 * transaction takes a second, so that a person can see them run side by side.
 */
export async function demoScenario(lab: Pick<Lab, "makeUpdate">): Promise<DemoScenario> {
  const frobnicate = await lab.makeUpdate({
    rrid: "SUSE:Maintenance:31337:298765",
    category: "security",
    rating: "important",
    metadata: { id: "SUSE-31337" },
    packages: {
      "15-SP6": [
        { name: "frobnicate", version: "2.4.1-150600.3.6.1", slowSeconds: 1 },
        "libfrob3 = 2.4.1-150600.3.6.1",
      ],
      "15-SP7": [
        { name: "frobnicate", version: "2.4.1-150700.3.3.1", slowSeconds: 1 },
        "libfrob3 = 2.4.1-150700.3.3.1",
      ],
    },
    testplatforms: [SP6, SP7],
    bugs: {
      "1999001": "frobnicated crashes on an empty input file",
      "1999002": "VUL-0: CVE-2099-0001: frobnicate: heap overflow in the parser",
    },
    jira: { "PED-90001": "Ship frobnicate-plugins in Basesystem" },
  });
  const widgetd = await lab.makeUpdate({
    rrid: "SUSE:Maintenance:31338:298766",
    metadata: { id: "SUSE-31338" },
    packages: [
      { name: "widgetd", version: "5.0.3-150600.2.1", slowSeconds: 1 },
      "libwidget5 = 5.0.3-150600.2.1",
    ],
    testplatforms: [SP6],
    bugs: { "1999100": "widgetd: socket activation leaks a descriptor" },
  });
  return {
    updates: [frobnicate, widgetd],
    rrids: [frobnicate.rrid, widgetd.rrid],
    targets: ["SLES 15-SP6 and 15-SP7", "SLES 15-SP6"],
  };
}
