/** What a test asks for. Everything has a default but the name. */
export interface HostSpec {
  name: string;
  /** Base product as in `.prod` files. @default "SLES" */
  product?: string;
  /** `15-SP6`, `12-SP5`, `16.0`, `6.1`. @default "15-SP6" */
  version?: string;
  /** What the host says it is; its packages are noarch, so that any works. @default "x86_64" */
  arch?: string;
  /** Names, or names with a version of their own. @default sle-module-basesystem on SLES 15, else none */
  addons?: (string | AddonSpec)[];
  /** Baseline packages (`name = version-release`) that are installed beside those of the catalogue. */
  packages?: string[];
  /** Names of catalogue packages that are not installed on this host. */
  without?: string[];
  /** @default all but SL Micro, whose images have none */
  perl?: boolean;
  /** More lines for sshd_config, before the lab's own (the first value wins). */
  sshd?: string[];
}

export interface AddonSpec {
  name: string;
  version: string;
}

/** A host with every default filled in. */
export interface ResolvedSpec {
  name: string;
  product: string;
  version: string;
  arch: string;
  addons: AddonSpec[];
  packages: string[];
  without: string[];
  perl: boolean;
  sshd: string[];
  transactional: boolean;
}

/** A number asks for that many: SLES 15-SP6 and 15-SP7 in turn. */
export function resolveSpecs(hosts: readonly HostSpec[] | number): ResolvedSpec[] {
  const asked = typeof hosts === "number" ? numbered(hosts) : hosts;
  const names = new Set<string>();
  return asked.map((spec) => {
    if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(spec.name)) throw new Error(`lab: bad host name ${spec.name}`);
    if (names.has(spec.name)) throw new Error(`lab: host ${spec.name} asked for twice`);
    names.add(spec.name);
    return resolve(spec);
  });
}

function numbered(count: number): HostSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `host-${String(i + 1).padStart(2, "0")}`,
    version: i % 2 === 0 ? "15-SP6" : "15-SP7",
  }));
}

function resolve(spec: HostSpec): ResolvedSpec {
  const product = spec.product ?? "SLES";
  const version = spec.version ?? (product === "SL-Micro" ? "6.1" : "15-SP6");
  const modules = product.startsWith("SLE") && version.startsWith("15") ? ["sle-module-basesystem"] : [];
  return {
    name: spec.name,
    product,
    version,
    arch: spec.arch ?? "x86_64",
    addons: (spec.addons ?? modules).map((a) => (typeof a === "string" ? { name: a, version } : a)),
    packages: spec.packages ?? [],
    without: spec.without ?? [],
    perl: spec.perl ?? product !== "SL-Micro",
    sshd: spec.sshd ?? [],
    transactional: product === "SL-Micro",
  };
}
