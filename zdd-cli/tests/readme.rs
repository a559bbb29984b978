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
