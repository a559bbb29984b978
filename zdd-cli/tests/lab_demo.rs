//! The demonstration, as a process.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use snapbox::cmd::cargo_bin;

#[test]
fn an_upgrade_loses_no_request_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(cargo_bin!("zdd"))
        .args(["lab", "demo", "rolling", "--clients", "2"])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");

    let load = out.lines().find(|line| line.contains("load: ")).unwrap();
    assert!(load.starts_with("✔ ") && load.contains(" requests, 0 failed"), "{load}");
    for version in ["0.9: ", "by 1.0: "] {
        let answers = load.split(version).nth(1).unwrap();
        let answers: String = answers.chars().take_while(char::is_ascii_digit).collect();
        assert!(answers.parse::<u64>().unwrap() > 0, "{load}");
    }
    let url = err.split("a lab at http://").nth(1).unwrap();
    let address: SocketAddr = url.split('/').next().unwrap().parse().unwrap();
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
