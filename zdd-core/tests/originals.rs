//! The fixtures in this repository against the files that they were copied from, where those are
//! beside the checkout. Where they are not, there is nothing to compare.

use std::fs;
use std::path::Path;

fn same(copy: &str, original: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let copy = fs::read(root.join(copy)).unwrap_or_else(|error| panic!("{copy}: {error}"));
    if let Ok(original_bytes) = fs::read(root.join("../shared").join(original)) {
        assert!(copy == original_bytes, "{original} is not what the tests run on");
    }
}

#[test]
fn the_vectors_are_the_original_ones() {
    for name in ["restart_strategy.json", "replace_scenarios.json"] {
        same(&format!("zdd-core/tests/vectors/{name}"), &format!("reference/vectors/{name}"));
    }
}

#[test]
fn the_examples_are_the_labs() {
    for name in [
        "blue-green/blue.json",
        "blue-green/green.json",
        "canary/simpleservice-blueprint.yaml",
        "canary/vamp-es.json",
        "canary/vamp-gateway.json",
        "canary/vamp.json",
        "default/base-health.json",
        "default/base-ready.json",
        "default/base.json",
    ] {
        same(&format!("examples/{name}"), &format!("lab/{name}"));
    }
}
