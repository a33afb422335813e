"""Reads prescriptions in Spanish and English: lines of text → medications. Rules and names of drugs, no model.

Without network, database, clock or chance; what it costs is bounded by `lines.MOST_CHARACTERS`.
"""

from medtime_backend.prescriptions.drug_names import DrugNames
from medtime_backend.prescriptions.lines import TextLine
from medtime_backend.prescriptions.reading import read_prescription
from medtime_backend.prescriptions.records import Medication, Prescription

__all__ = ["DrugNames", "Medication", "Prescription", "TextLine", "read_prescription"]
