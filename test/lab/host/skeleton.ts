import type { AddonSpec, ResolvedSpec } from "../spec.ts";

/** One file of a host's root: text, or where a link points. */
export type SkeletonFile = { text: string; mode?: number } | { link: string };

/**
 * What makes a root look like one of the product. Pure data, the same for all hosts of one product,
 * so that they can share one baked layer.
 */
export function skeleton(spec: ResolvedSpec, inside: ReadonlyMap<string, string>): Map<string, SkeletonFile> {
  const script = (name: string): SkeletonFile => ({ text: inside.get(name) ?? "", mode: 0o755 });
  const files = new Map<string, SkeletonFile>([
    ["etc/os-release", { text: osRelease(spec) }],
    [`etc/products.d/${spec.product}.prod`, { text: prodFile(spec, spec.arch, true) }],
    ["etc/products.d/baseproduct", { link: `${spec.product}.prod` }],
    // zypp.conf of the packages of the distribution is not there: the whole directory is ours.
    ["etc/zypp/zypp.conf", { text: "[main]\ngpgcheck = off\n" }],
    ["etc/zypp/zypper.conf", { text: "[main]\n" }],
    // Its default content demands glibc in the rpm database.
    ["etc/zypp/systemCheck", { text: "" }],
    ["etc/zypp/repos.d/.keep", { text: "" }],
    // Debian's rpm keeps its database elsewhere by default, while libzypp does not.
    ["etc/rpm/macros", { text: "%_dbpath /var/lib/rpm\n" }],
    ["etc/passwd", { text: passwd }],
    ["etc/group", { text: "root:x:0:\ntty:x:5:\nsshd:x:105:\nnogroup:x:65534:\n" }],
    // "*" forbids passwords and not keys; a "!" there would make sshd refuse the account.
    ["etc/shadow", { text: "root:*:20000:0:99999:7:::\nsshd:!:20000::::::\n", mode: 0o600 }],
    ["etc/nsswitch.conf", { text: "passwd: files\ngroup: files\nshadow: files\nhosts: files\n" }],
    ["etc/hosts", { text: "127.0.0.1 localhost\n" }],
    ["etc/environment", { text: "" }],
    ["etc/profile", { text: "" }],
    ["etc/bash.bashrc", { text: "" }],
    ["usr/bin/systemctl", script("systemctl.sh")],
    // The update script's patterns use \>, which mawk does not know.
    ["usr/bin/awk", { link: "gawk" }],
  ]);
  for (const addon of spec.addons) {
    files.set(`etc/products.d/${addon.name}.prod`, { text: prodFile(addon, spec.arch, false) });
  }
  for (const name of ["reboot", "halt", "poweroff", "shutdown"]) {
    files.set(`usr/sbin/${name}`, script("systemctl.sh"));
  }
  if (spec.transactional) {
    files.set("usr/etc/transactional-update.conf", { text: "# lab\nREBOOT_METHOD=systemd\n" });
    files.set("usr/sbin/transactional-update", script("transactional-update.sh"));
  }
  return files;
}

const passwd = [
  "root:x:0:0:root:/root:/bin/bash",
  "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin",
  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
  "",
].join("\n");

/** SLE up to 15 writes base version and patch level, later ones a plain version. */
function prodFile(product: AddonSpec | ResolvedSpec, arch: string, base: boolean): string {
  const name = "product" in product ? product.product : product.name;
  const pack = /^(\d+)(?:-SP(\d+))?$/.exec(product.version);
  const version =
    pack === null
      ? `<version>${product.version}</version>`
      : `<version>${pack[1]}.${pack[2] ?? "0"}</version>\n  <baseversion>${pack[1]}</baseversion>\n  <patchlevel>${pack[2] ?? "0"}</patchlevel>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<product schemeversion="0">
  <vendor>SUSE</vendor>
  <name>${name}</name>
  ${version}
  <release>0</release>
  <endoflife></endoflife>
  <arch>${arch}</arch>
  <cpeid>cpe:/o:suse:${name.toLowerCase()}:${product.version.toLowerCase().replace("-", ":")}</cpeid>
  <productline>${base ? "sles" : ""}</productline>
  <register><target>lab-${arch}</target></register>
  <summary>${name} ${product.version} (lab)</summary>
  <description>A product of the lab</description>
</product>
`;
}

function osRelease(spec: ResolvedSpec): string {
  const id = spec.product.toLowerCase();
  const versionId = spec.version.replace("-SP", ".");
  return `NAME="${spec.product}"
VERSION="${spec.version}"
VERSION_ID="${versionId}"
PRETTY_NAME="${spec.product} ${spec.version} (lab)"
ID="${id}"
ID_LIKE="suse"
CPE_NAME="cpe:/o:suse:${id}:${versionId}"
`;
}
