//! Seeds: *.pptx
#![no_main]
hallpass_fuzz::reader!(
    "zip",
    [
        "ppt/slides/slide1.xml",
        "ppt/notesSlides/notesSlide1.xml",
        "ppt/presentation.xml",
        "ppt/_rels/presentation.xml.rels",
        "ppt/slides/_rels/slide1.xml.rels",
    ]
);
