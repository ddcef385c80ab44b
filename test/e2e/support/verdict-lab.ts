import { type Lab, type PackageSpec, startLab } from "../../lab/index.ts";

const ADDON = "addon=sle-module-basesystem";

/** One test target a product version, as testplatform lines ask for them. */
export const PLATFORM = {
  sp5: `base=SLES(major=15,minor=SP5);arch=[x86_64];${ADDON}(major=15,minor=SP5)`,
  sp6: `base=SLES(major=15,minor=SP6);arch=[x86_64];${ADDON}(major=15,minor=SP6)`,
  sp7: `base=SLES(major=15,minor=SP7);arch=[x86_64];${ADDON}(major=15,minor=SP7)`,
  sles16: "base=SLES(major=16,minor=0);arch=[x86_64]",
  micro: "base=SL-Micro(major=6,minor=1);arch=[x86_64]",
} as const;

/** Released and installed everywhere at 1.0-1; each test has names of its own. */
const RELEASED = [
  "tab-old",
  "new-old",
  "bad-a",
  "bad-b",
  "low-one",
  "good-one",
  "clash-one",
  "nopatch-one",
  "blind-after",
  "lost-one",
  "away-one",
  "half-one",
  "step-low",
  "step-good",
  "micro-one",
  "micro-bad",
  "pi-one",
].map((name) => `${name} = 1.0-1`);

/** Further than any update of these tests goes. */
const AHEAD = ["tab-there = 3.0-1", "done-one = 2.0-1"];

/** Released and installed nowhere: preparing installs it, and thereby takes rpm away. */
const BLINDING: PackageSpec = {
  name: "blind-before",
  version: "1.0-1",
  pre: "mv /usr/bin/rpm /usr/bin/rpm.hidden",
};

/** Says that it is there, and waits for a word from the test. */
export const WAITING = "mkfifo /tmp/go && : >/tmp/here && read _ </tmp/go";

/** Released and installed nowhere, like the one before: its installation ends when the test says so. */
const HELD: PackageSpec = { name: "held-one", version: "1.0-1", pre: WAITING };

/** One host of every product version, so that each update reaches just the hosts that its test wants. */
export function startVerdictLab(only?: readonly string[]): Promise<Lab> {
  const packages = [...RELEASED, ...AHEAD];
  const hosts = [
    { name: "sp5-1", version: "15-SP5", packages },
    { name: "sp6-1", version: "15-SP6", packages },
    { name: "sp7-1", version: "15-SP7", packages },
    { name: "sles16-1", version: "16.0", packages },
    { name: "micro-1", product: "SL-Micro", version: "6.1", packages },
  ];
  return startLab({
    // A host that went away is lost soon.
    config: { connection: { reattach: 3 } },
    hosts: hosts.filter(({ name }) => only?.includes(name) ?? true),
    released: [...RELEASED, BLINDING, HELD],
  });
}
