/** Memory is handed out upwards from the end of the static data and never freed: an instance serves one network. */
let next: usize = __heap_base;

/** Zeroed, aligned to a cache line. Traps where memory cannot grow. Growing detaches the host's views. */
export function allocate(bytes: usize): usize {
  const start = (next + 63) & ~63;
  // In 64 bits, so that an end beyond 4 GiB fails to grow instead of wrapping around.
  const end = <u64>start + <u64>bytes;
  const missing = <i32>((end + 0xffff) >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  next = <usize>end;
  return start;
}
