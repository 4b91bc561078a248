from tests.parsers.fake_tesseract import no_tesseract, tesseract

__all__ = ["no_tesseract", "tesseract"]
