//! `--set PATH=VALUE`.

use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::error::AmendError;
use super::fields::{self, TEXTS};
use super::unreplaced;

/// One `PATH=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    path: String,
    value: String,
}

impl FromStr for Setting {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, value) = text.split_once('=').ok_or("not PATH=VALUE, as in image=shop:2")?;
        if path.is_empty() || path.split('.').any(str::is_empty) {
            return Err("the path has an empty part");
        }
        Ok(Self { path: path.into(), value: value.into() })
    }
}

/// Puts all of them into the definition of an app.
pub(super) fn put_all(
    json: &mut Map<String, Value>,
    settings: &[Setting],
) -> Result<(), AmendError> {
    for (n, setting) in settings.iter().enumerate() {
        let steps = setting.steps();
        if settings[..n].iter().any(|it| it.steps() == steps) {
            return Err(AmendError::Twice(setting.path.clone()));
        }
        setting.put(json, &steps)?;
    }
    Ok(())
}

impl Setting {
    /// The members on the way. Names of variables and of labels may have dots in them.
    fn steps(&self) -> Vec<&str> {
        if self.path == "image" {
            return vec!["container", "docker", "image"];
        }
        match self.path.split_once('.') {
            Some((field @ ("env" | "labels"), name)) => vec![field, name],
            _ => self.path.split('.').collect(),
        }
    }

    fn put(&self, json: &mut Map<String, Value>, steps: &[&str]) -> Result<(), AmendError> {
        let path = || self.path.clone();
        let [first, rest @ ..] = steps else { return Ok(()) };
        fields::known(first).map_err(|nearest| AmendError::UnknownField {
            path: path(),
            field: (*first).into(),
            nearest,
        })?;
        // Marathon wants to know of what kind a container is.
        if *first == "container" && !json.get("container").is_some_and(Value::is_object) {
            json.insert("container".into(), json!({"type": "DOCKER"}));
        }
        let mut at = json.entry(*first).or_insert(Value::Null);
        let mut way = (*first).to_owned();
        for step in rest {
            if at.is_null() {
                *at = Map::new().into();
            }
            let is = kind(at);
            at = match at {
                Value::Object(members) => members.entry(*step).or_insert(Value::Null),
                Value::Array(items) => {
                    let item = step.parse().ok().and_then(|n: usize| items.get_mut(n));
                    item.ok_or_else(|| AmendError::NoItem {
                        path: path(),
                        at: way.clone(),
                        step: (*step).into(),
                    })?
                }
                _ => return Err(AmendError::NotAnObject { path: path(), at: way, is }),
            };
            way = format!("{way}.{step}");
        }
        *at = self.value_for(at, steps);
        Ok(())
    }

    /// The value, as JSON if it is that and the field is not one for texts.
    fn value_for(&self, there: &Value, steps: &[&str]) -> Value {
        let is_field_of_texts = match steps {
            [field] => TEXTS.contains(field),
            ["container", .., "image"] => true,
            // A variable may also name a secret, as an object.
            ["env" | "labels", _] => !there.is_object(),
            _ => false,
        };
        // A place-holder is a text also where a number is to be.
        let holds_text = there.as_str().is_some_and(|it| unreplaced::place_holder(it).is_none());
        let is_text = is_field_of_texts || holds_text;
        let text = || Value::String(self.value.clone());
        if is_text { text() } else { serde_json::from_str(&self.value).unwrap_or_else(|_| text()) }
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(json: Value, settings: &[&str]) -> Result<Value, String> {
        let Value::Object(mut json) = json else { panic!("{json}") };
        let settings: Vec<Setting> = settings.iter().map(|it| it.parse().unwrap()).collect();
        match put_all(&mut json, &settings) {
            Ok(()) => Ok(json.into()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn values_are_json_but_for_texts() {
        let json = json!({"id": "/a", "instances": "__N__", "env": {"A": "1"}, "mem": 32});
        let set = set(json, &["instances=4", "mem=64.5", "env.A=2", "env.b.c=true", "cmd=true"]);
        assert_eq!(
            set.unwrap(),
            json!({
                "id": "/a", "instances": 4, "env": {"A": "2", "b.c": "true"}, "mem": 64.5,
                "cmd": "true",
            })
        );
    }

    #[test]
    fn an_image_makes_a_container_where_there_is_none() {
        let image = |json| set(json, &["image=shop:2"]).unwrap()["container"].clone();
        let made = json!({"type": "DOCKER", "docker": {"image": "shop:2"}});
        assert_eq!(image(json!({})), made);
        assert_eq!(image(json!({"container": null})), made);
        let mesos = json!({"container": {"type": "MESOS", "docker": {"image": "a"}}});
        assert_eq!(image(mesos), json!({"type": "MESOS", "docker": {"image": "shop:2"}}));
    }

    #[test]
    fn items_of_lists_are_numbered_from_zero() {
        let json = || json!({"healthChecks": [{"path": "/"}], "instances": 1});
        let done = set(json(), &["healthChecks.0.path=/health", "upgradeStrategy.x=[1]"]).unwrap();
        assert_eq!(done["healthChecks"], json!([{"path": "/health"}]));
        assert_eq!(done["upgradeStrategy"], json!({"x": [1]}));
        for (wrong, text) in [
            ("healthChecks.1.path=/", "--set healthChecks.1.path: healthChecks has no item 1"),
            ("instances.x=1", "--set instances.x: instances is a number, which has nothing in it"),
            ("imgae=x", "--set imgae: `imgae` is no field of an app"),
        ] {
            assert_eq!(set(json(), &[wrong]), Err(text.into()));
        }
        let twice = set(json(), &["image=a", "container.docker.image=b"]);
        assert_eq!(twice, Err("--set container.docker.image is given twice".into()));
        for wrong in ["instances", "=4", "a..b=1", ".a=1"] {
            wrong.parse::<Setting>().unwrap_err();
        }
    }
}
