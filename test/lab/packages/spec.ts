/** One package of the lab, always noarch so that it installs whatever the host says it is. */
export interface PackageSpec {
  name: string;
  /** `version-release`. */
  version: string;
  requires?: string[];
  provides?: string[];
  conflicts?: string[];
  obsoletes?: string[];
  /** A scriptlet that fails, breaks the transaction (`pre`) or leaves an error behind (`post`). */
  failing?: "pre" | "post";
  /** Seconds that the installation takes, by a `%pre` that sleeps. */
  slowSeconds?: number;
  /** Shell text run in `%pre` before anything else; for tests that need a signal from the inside. */
  pre?: string;
}

/** `name = version-release` as in metadata.json, or the full form. */
export type PackageLike = string | PackageSpec;

export function packageSpec(like: PackageLike): PackageSpec {
  if (typeof like !== "string") return like;
  const words = like.trim().split(/\s+/);
  const [name, , version] = words;
  if (words.length !== 3 || name === undefined || version === undefined) {
    throw new Error(`lab: a package is "name = version-release", not ${JSON.stringify(like)}`);
  }
  return { name, version };
}

/** The text that rpmbuild reads. Files live under /opt, so that a skeleton root with bound /usr can take them. */
export function rpmSpecText(spec: PackageSpec): string {
  const dash = spec.version.lastIndexOf("-");
  const [version, release] =
    dash < 0 ? [spec.version, "0"] : [spec.version.slice(0, dash), spec.version.slice(dash + 1)];
  const tags = (tag: string, values: readonly string[] | undefined) =>
    (values ?? []).map((value) => `${tag}: ${value}\n`).join("");
  const pre = [
    spec.pre ?? "",
    spec.slowSeconds === undefined ? "" : `sleep ${spec.slowSeconds}`,
    spec.failing === "pre" ? `echo "${spec.name}: refusing to install" >&2; exit 1` : "",
  ].filter((line) => line !== "");
  return `Name: ${spec.name}
Version: ${version}
Release: ${release}
Summary: Package ${spec.name} of the lab
License: MIT
BuildArch: noarch
AutoReqProv: no
${tags("Requires", spec.requires)}${tags("Provides", spec.provides)}${tags("Conflicts", spec.conflicts)}${tags("Obsoletes", spec.obsoletes)}
%description
Test package; does nothing.
%install
mkdir -p %{buildroot}/opt/lab/${spec.name}
echo "${spec.version}" > %{buildroot}/opt/lab/${spec.name}/version
${pre.length === 0 ? "" : `%pre\n${pre.join("\n")}\n`}${spec.failing === "post" ? `%post\necho "${spec.name}: cannot configure" >&2; exit 1\n` : ""}%files
/opt/lab/${spec.name}
`;
}
