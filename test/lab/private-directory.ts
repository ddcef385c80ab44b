import { chmodSync, lstatSync, mkdirSync } from "node:fs";

/**
 * Make a directory in a place that anybody may write to, or make sure that the one there is ours: root
 * trusts its files. Others may pass through it (commands of scripted hosts run as nobody) and not look.
 */
export function ensurePrivate(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const found = lstatSync(dir);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o066) !== 0) {
    throw new Error(`lab: ${dir} is not private to this user; remove it, or set MTUI_LAB_DIR`);
  }
  // Whatever the umask was.
  if ((found.mode & 0o777) !== 0o711) chmodSync(dir, 0o711);
}
