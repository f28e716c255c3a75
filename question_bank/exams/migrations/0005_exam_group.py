import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exams', '0004_passing_words'),
        ('organisation', '0004_teaching_groups'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExamGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('exam', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exam_groups', to='exams.exam')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exam_groups', to='organisation.teachinggroup', verbose_name='教学班')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('exam', 'group'), name='group_sits_exam_once')],
            },
        ),
    ]
