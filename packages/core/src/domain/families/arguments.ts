import { MtuiError } from "../../protocol/errors.ts";
import { hasControlCharacters, printable } from "../grammar/control-characters.ts";
import { isPackageName, isPackageVersion } from "../grammar/package.ts";
import { isRepositoryUrl } from "../grammar/repository-url.ts";

/*
 * The gate between texts from outside and a root shell: what passes has the shape of its kind and
 * cannot be taken for an option. Quoting on the way out is a second wall, not the first.
 */

/** @throws MtuiError params.invalid for an empty list or a text that is no package name. */
export function packageArguments(names: readonly string[]): string[] {
  if (names.length === 0) {
    throw new MtuiError("params.invalid", "No package was named.", { hint: "Name at least one package." });
  }
  return [...new Set(names)].map((name) =>
    checked(name, { kind: "package name", valid: isPackageName(name) }),
  );
}

/** `N=V`, as zypper takes a version. */
export function versionedPackage({ name, version }: { name: string; version: string }): string {
  checked(name, { kind: "package name", valid: isPackageName(name) });
  return `${name}=${checked(version, { kind: "package version", valid: isPackageVersion(version) })}`;
}

export function urlArgument(url: string): string {
  return checked(url, { kind: "repository URL", valid: isRepositoryUrl(url) });
}

/** An alias that we make. */
export function aliasArgument(alias: string): string {
  return checked(alias, {
    kind: "repository alias",
    valid: /^[A-Za-z0-9][A-Za-z0-9._:=+-]{0,199}$/.test(alias),
  });
}

/** An alias that a host showed us: any text that cannot be an option; the shell sees it quoted. */
export function foreignAliasArgument(alias: string): string {
  const valid = /^[^-\s]/.test(alias) && alias.length <= 256 && !hasControlCharacters(alias);
  return checked(alias, { kind: "repository alias", valid });
}

/** A patch's name from the metadata of a repository. */
export function patchArguments(names: readonly string[]): string[] {
  return [...new Set(names)].map((name) =>
    checked(name, { kind: "patch name", valid: /^[A-Za-z0-9][A-Za-z0-9._+:~^-]{0,199}$/.test(name) }),
  );
}

function checked(text: string, { kind, valid }: { kind: string; valid: boolean }): string {
  if (valid) return text;
  throw new MtuiError("params.invalid", `"${printable(text)}" is no ${kind}; nothing was run with it.`, {
    hint: "Check the template's metadata and what was typed.",
  });
}
