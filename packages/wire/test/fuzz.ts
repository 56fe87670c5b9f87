// How many inputs a property tries: as many as it names, or FUZZ_RUNS for a longer hunt.

export function runs(numRuns: number): { numRuns: number } {
  const wanted = Number(process.env['FUZZ_RUNS'] ?? 0);
  return { numRuns: Math.max(wanted, numRuns) };
}
