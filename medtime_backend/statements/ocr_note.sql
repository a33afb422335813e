select private.note_ocr_request_as($1::jsonb, $2, $3, $4) as noted
