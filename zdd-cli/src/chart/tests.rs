#[test] fn pending(){}
