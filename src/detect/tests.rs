use super::*;

#[test]
fn embedded_detectors_are_sound_and_their_examples_hold() {
    let detectors = Detectors::embedded().unwrap();
    detectors.check().unwrap();
    for index in 0..detectors.compiled.len() {
        examples::check(&detectors, index).unwrap();
    }
}

#[test]
fn alphabets_are_read_as_character_classes() {
    let set = parse_alphabet("2-46-9acefhkmnrt-zA-HJ-NP-RT-Z").unwrap();
    assert_eq!(set.iter().filter(|in_set| **in_set).count(), 46);
    assert!("015bdgijlopqsIOS".bytes().all(|byte| !set[usize::from(byte)]));
    assert!(parse_alphabet("a-z_").is_err());
    assert!(parse_alphabet("z-a").is_err());
}
