/**
 * Can this machine have no lab of real hosts? Tests that need one are then skipped by name, and the
 * summary counts them. `npm test` finds out and says what is lacking (`MTUI_NO_LAB`).
 */
export const withoutLab = process.env["MTUI_NO_LAB"] !== undefined || process.getuid?.() !== 0;
