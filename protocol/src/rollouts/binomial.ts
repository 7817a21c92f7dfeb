// The exact upper bound of a share of which a sample was seen (Clopper and Pearson, 1934).

/** The largest share at which `failures` or fewer of `devices` would still be seen with a chance of `1 - confidence`. */
export function upperBound(failures: number, devices: number, confidence: number): number {
  if (failures >= devices) return 1;
  let low = failures / devices;
  let high = 1;
  for (let halving = 0; halving < 60; halving++) {
    const share = (low + high) / 2;
    if (atMost(failures, devices, share) > 1 - confidence) low = share;
    else high = share;
  }
  return high;
}

/** The chance of `count` or fewer among `devices`: terms of the binomial distribution, from the largest downwards. */
function atMost(count: number, devices: number, share: number): number {
  const odds = share / (1 - share);
  const log =
    logFactorial(devices) -
    logFactorial(count) -
    logFactorial(devices - count) +
    count * Math.log(share) +
    (devices - count) * Math.log1p(-share);
  let term = Math.exp(log);
  let sum = term;
  for (let k = count; k > 0 && term > sum * 1e-16; k--) {
    term *= k / ((devices - k + 1) * odds);
    sum += term;
  }
  return sum;
}

/** Stirling's series, exact to the last digits from 20 on; below, the product itself. */
export function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 / 1260));
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + series;
}
