/**
 * What may pass for a package name or a package version on its way to a root shell
 * (docs/formats/rrid-and-template.md, "Packages"). The callers quote nevertheless.
 */
export function isPackageName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+~^:-]{0,199}$/.test(text);
}

/** `[epoch:]version-release`, or a bare version. */
export function isPackageVersion(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+~^:-]{0,199}$/.test(text);
}
