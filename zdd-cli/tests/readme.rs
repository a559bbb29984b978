//! The commands of the README print what it says.

#[test]
fn the_readme_is_true() {
    // Paths in it are those of the repository's root.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    std::env::set_current_dir(root).expect("the root of the repository is there");
    trycmd::TestCases::new()
        .register_bin("zdd", std::path::Path::new(env!("CARGO_BIN_EXE_zdd")))
        .case("README.md");
}

/// `zdd … -o svg > docs/….svg` draws them anew.
#[test]
fn the_pictures_are_what_is_drawn_today() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for (picture, args) in [
        ("docs/plan.svg", &["plan", "examples/default/base-min-over.json"][..]),
        (
            "docs/fit.svg",
            &[
                "plan",
                "examples/fits/shop.json",
                "--agents=examples/fits/state.json",
                "--min-health=0.75",
            ],
        ),
        ("docs/swap.svg", &["plan", "examples/shop/shop.json"]),
        ("docs/recording.svg", &["verify", "zdd-core/tests/fixtures/base-min-over.events"]),
    ] {
        let drawn = std::process::Command::new(env!("CARGO_BIN_EXE_zdd"))
            .args(args)
            .args(["-o", "svg"])
            .current_dir(root)
            .output()
            .expect("zdd runs");
        assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
        let kept = std::fs::read(format!("{root}/{picture}")).expect("the picture is there");
        assert!(kept == drawn.stdout, "{picture} is not what zdd draws");
    }
}
