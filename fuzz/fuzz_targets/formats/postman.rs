//! Seeds: *.postman_collection.json *.postman_environment.json Insomnia_*.json
#![no_main]
hallpass_fuzz::reader!("API collection");
