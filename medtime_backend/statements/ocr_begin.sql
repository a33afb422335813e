select private.begin_ocr_request_as($1::jsonb, $2, $3) as begun
