/**
 * A scripted host has no root of its own: it is a directory, and commands run beside it. So the few
 * absolute paths that validating an update touches are replaced in everything that a client sends, and
 * the stand-ins' directory is put before whatever PATH a client sets.
 */
const PATHS =
  /(?<![\w./-])\/(?:var\/lock|run\/lock|var\/log\/mtui\.log|etc\/products\.d|etc\/os-release|etc\/zypp|usr\/etc\/transactional-update\.conf|etc\/transactional-update\.conf|proc\/sys\/kernel\/random\/boot_id)(?![\w-])/g;

export function rewriteCommand(text: string, root: string): string {
  return text
    .replace(PATHS, (path) => root + path.replace("/run/lock", "/var/lock"))
    .replace(/\bPATH=(?=\/)/g, `PATH=${root}/bin:`);
}
