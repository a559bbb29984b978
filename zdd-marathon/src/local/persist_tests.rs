//! What is kept, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use zdd_core::app::App;
use zdd_core::simulate::{Marathon, Settings};
use zdd_core::units::Timestamp;

use super::agents::default_agents;
use super::persist::{Store, StoreError};
use super::testing::{Scene, change};

fn model() -> Marathon {
    Marathon::new(Settings::default(), default_agents(), 1, Timestamp::EPOCH)
}

/// Deploys `/shop/cart` so often, each time a second later with another command, on a Marathon whose
/// state is kept.
fn deploy(store: &Store, times: i64) -> Marathon {
    let mut marathon = model();
    store.keep(&marathon);
    for n in 1..=times {
        let app = App::parse(&json!({"id": "/shop/cart", "cmd": format!("run {n}")}).to_string());
        change(&mut marathon, Timestamp::from_millis(n * 1_000), app.unwrap());
        store.keep(&marathon);
    }
    marathon
}

fn open(folder: &TempDir) -> Result<(Store, Option<super::persist::Kept>), StoreError> {
    Store::open(folder.path().join("state"))
}

#[test]
fn a_new_folder_keeps_nothing() {
    let folder = TempDir::new().unwrap();
    let (store, kept) = open(&folder).unwrap();
    assert_eq!(kept, None);
    assert_eq!(store.fault(), None);
}

#[test]
fn what_is_kept_is_read_again() {
    let folder = TempDir::new().unwrap();
    let (store, _) = open(&folder).unwrap();
    let marathon = deploy(&store, 3);
    assert_eq!(store.fault(), None);
    drop(store);

    let (_store, kept) = open(&folder).unwrap();
    let kept = kept.unwrap();
    assert_eq!(kept.root, *marathon.root());
    let history = &kept.history["/shop/cart"];
    assert_eq!(history.len(), 3);
    let commands: Vec<_> = history.iter().map(|app| app.as_json()["cmd"].clone()).collect();
    assert_eq!(commands, ["run 3", "run 2", "run 1"]);
    assert!(!folder.path().join("state/marathon.json.new").exists());
    let file = fs::metadata(folder.path().join("state/marathon.json")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_folder_belongs_to_one_lab() {
    let folder = TempDir::new().unwrap();
    let (first, _) = open(&folder).unwrap();
    let error = open(&folder).unwrap_err();
    let path = folder.path().join("state");
    assert_eq!(
        error.to_string(),
        format!("the folder `{}` is in use by another lab", path.display())
    );
    assert_eq!(error.hint().unwrap(), "end the other lab, or name another folder");
    drop(first);
    assert!(open(&folder).is_ok());
}

#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let (store, _) = open(&folder).unwrap();
    deploy(&store, 1);
    drop(store);
    let file = folder.path().join("state/marathon.json");
    let whole = fs::read(&file).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        refused(&folder, &file, &whole[..length]);
    }
    let text = String::from_utf8(whole.clone()).unwrap();
    refused(&folder, &file, text.replace("/shop/cart", "/SHOP/cart").as_bytes());
    refused(&folder, &file, (text + "x").as_bytes());
    fs::write(&file, whole).unwrap();
    assert!(open(&folder).is_ok());
}

#[track_caller]
fn refused(folder: &TempDir, file: &Path, text: &[u8]) {
    fs::write(file, text).unwrap();
    let error = open(folder).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(error.to_string(), format!("the state in `{}` is damaged", file.display()));
    assert!(error.hint().unwrap().starts_with("move `"));
    assert_eq!(fs::read(file).unwrap(), text);
}

#[test]
fn a_state_of_another_format_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder).unwrap());
    let file = folder.path().join("state/marathon.json");
    fs::write(&file, r#"{"format": 2, "anything": []}"#).unwrap();
    let error = open(&folder).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the state in `{}` is of format 2, and this version reads format 1",
            file.display()
        )
    );
}

#[test]
fn a_folder_that_cannot_be_one_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("state"), "").unwrap();
    let error = open(&folder).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
}

#[test]
fn a_state_that_cannot_be_written_is_told_and_tried_again() {
    let folder = TempDir::new().unwrap();
    let (store, _) = open(&folder).unwrap();
    // A folder in the place of the new file, which even root cannot write to.
    let obstacle = folder.path().join("state/marathon.json.new");
    fs::create_dir(&obstacle).unwrap();
    let marathon = deploy(&store, 1);
    assert!(store.fault().is_some());
    fs::remove_dir(obstacle).unwrap();
    store.keep(&marathon);
    assert_eq!(store.fault(), None);
    assert!(folder.path().join("state/marathon.json").exists());
}

#[tokio::test]
async fn apps_come_back_with_their_instances() {
    let folder = TempDir::new().unwrap();
    let (store, _) = open(&folder).unwrap();
    let scene = Scene::keeping(store, None);
    scene.deploy(r#""cmd": "sleep 1000", "instances": 2"#);
    scene.until("two run", |scene| scene.running().len() == 2).await;
    let before = scene.running();
    scene.end().await;

    let (store, kept) = open(&folder).unwrap();
    let scene = Scene::keeping(store, kept);
    scene.until("two run again", |scene| scene.running().len() == 2).await;
    assert!(scene.running().iter().all(|task| !before.contains(task)));
    scene.end().await;
}
