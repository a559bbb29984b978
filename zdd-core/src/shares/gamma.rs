//! The incomplete gamma function, which the chi-square distribution needs.

use libm::{exp, lgamma, log};

/// More terms than any argument needs here.
const MOST_TERMS: u32 = 10_000;
/// Terms that change nothing any more.
const TINY: f64 = 1e-15;

/// The upper regularised incomplete gamma function Q(a, x), for a > 0 and x ≥ 0: from 1 to 0.
///
/// Below a + 1 the series of the lower one converges quickly, above it the continued fraction of the
/// upper one.
///
/// Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.5.29 and 6.5.31.
pub(super) fn upper(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let scale = exp(a * log(x) - x - lgamma(a));
    let q = if x < a + 1.0 { 1.0 - scale * series(a, x) } else { scale * fraction(a, x) };
    q.clamp(0.0, 1.0)
}

fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
    for _ in 0..MOST_TERMS {
        n += 1.0;
        term *= x / n;
        sum += term;
        if term < sum * TINY {
            break;
        }
    }
    sum
}

/// By the method of Lentz.
fn fraction(a: f64, x: f64) -> f64 {
    const LEAST: f64 = f64::MIN_POSITIVE / TINY;
    let mut divisor = x + 1.0 - a;
    let (mut up, mut down) = (1.0 / LEAST, 1.0 / divisor);
    let mut value = down;
    for n in 1..MOST_TERMS {
        let n = f64::from(n);
        let part = -n * (n - a);
        divisor += 2.0;
        down = part * down + divisor;
        down = 1.0 / if down.abs() < LEAST { LEAST } else { down };
        up = divisor + part / up;
        up = if up.abs() < LEAST { LEAST } else { up };
        let change = up * down;
        value *= change;
        if (change - 1.0).abs() < TINY {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chance of a chi-square of so many degrees to be at least `x`.
    fn chance(degrees: u32, x: f64) -> f64 {
        upper(f64::from(degrees) / 2.0, x / 2.0)
    }

    #[test]
    fn chances_are_those_of_the_tables() {
        for (degrees, x, p) in [
            (1, 3.841_458_820_694_124, 0.05),
            (1, 6.634_896_601_021_214, 0.01),
            (1, 10.827_566_170_662_733, 0.001),
            (2, 5.991_464_547_107_979, 0.05),
            (2, 13.815_510_557_964_274, 0.001),
            (5, 11.070_497_693_516_351, 0.05),
            (10, 18.307_038_053_275_146, 0.05),
            (10, 29.588_298_445_074_42, 0.001),
            (100, 124.342_113_404_004_08, 0.05),
        ] {
            let found = chance(degrees, x);
            assert!((found - p).abs() < 1e-9, "{degrees} {x}: {found}");
        }
    }

    #[test]
    fn with_two_degrees_it_is_the_exponential() {
        for x in [0.0, 0.1, 1.0, 3.0, 10.0, 100.0] {
            assert!((chance(2, x) - exp(-x / 2.0)).abs() < 1e-12, "{x}");
        }
    }

    proptest::proptest! {
        #[test]
        fn it_falls(degrees in 1..200_u32, x in 0.0..1_000.0_f64, more in 0.0..100.0_f64) {
            let (near, far) = (chance(degrees, x), chance(degrees, x + more));
            proptest::prop_assert!((0.0..=1.0).contains(&near) && far <= near + 1e-12);
        }
    }
}
